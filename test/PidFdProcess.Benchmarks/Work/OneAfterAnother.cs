using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>
/// Children killed one after another, from right before the kill to the code that waits for the exit. The first does not count: it wakes what
/// has slept while others had their turns, which <see cref="IdleKill"/> is about.
/// </summary>
internal static class OneAfterAnother
{
    public static TimeSpan[] KillAndWait(ImplementationCalls calls, int count)
    {
        TimeSpan[] samples = new TimeSpan[1 + count];
        for (int i = 0; i < samples.Length; i++)
        {
            using Process child = Children.StartSleeper();
            calls.Attach(child);
            long start = Stopwatch.GetTimestamp();
            calls.Kill(child);
            calls.WaitForExit(child);
            samples[i] = child.ExitCode == 137 ? Stopwatch.GetElapsedTime(start) : throw Children.Unexpected(child);
        }

        return samples[1..];
    }

    // The kill and the code that awaits are in one asynchronous method, as in most programs that run others one after the other.
    public static TimeSpan[] KillAndAwait(ImplementationCalls calls, int count) => Task.Run(async () =>
    {
        TimeSpan[] samples = new TimeSpan[1 + count];
        for (int i = 0; i < samples.Length; i++)
        {
            using Process child = Children.StartSleeper();
            Task exit = calls.WaitForExitAsync(child);
            long start = Stopwatch.GetTimestamp();
            calls.Kill(child);
            await exit.ConfigureAwait(false);
            samples[i] = Stopwatch.GetElapsedTime(start);
            _ = child.ExitCode == 137 ? 0 : throw Children.Unexpected(child);
        }

        return samples[1..];
    }).GetAwaiter().GetResult();
}
