using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>
/// Children killed one after another, from right before the kill to the code that waits for the exit. The first does not count: it wakes what
/// has slept while others had their turns, which <see cref="Apart"/> is about.
/// </summary>
internal static class OneAfterAnother
{
    public static TimeSpan[] KillAndWait(Ways ways, int count)
    {
        TimeSpan[] samples = new TimeSpan[count];
        for (int i = -1; i < count; i++)
        {
            using Process child = Children.StartSleeper();
            ways.Attach(child);
            long start = Stopwatch.GetTimestamp();
            ways.Kill(child);
            ways.WaitForExit(child);
            int exitCode = child.ExitCode;
            Note(samples, i, Stopwatch.GetElapsedTime(start));
            _ = exitCode == 137 ? 0 : throw Children.Unexpected(child);
        }

        return samples;
    }

    // The kill and the code that awaits are in one asynchronous method, as in most programs that run others one after the other.
    public static TimeSpan[] KillAndAwait(Ways ways, int count) => Task.Run(async () =>
    {
        TimeSpan[] samples = new TimeSpan[count];
        for (int i = -1; i < count; i++)
        {
            using Process child = Children.StartSleeper();
            Task exit = ways.WaitForExitAsync(child);
            long start = Stopwatch.GetTimestamp();
            ways.Kill(child);
            await exit.ConfigureAwait(false);
            Note(samples, i, Stopwatch.GetElapsedTime(start));
            _ = child.ExitCode == 137 ? 0 : throw Children.Unexpected(child);
        }

        return samples;
    }).GetAwaiter().GetResult();

    private static void Note(TimeSpan[] samples, int index, TimeSpan took)
    {
        if (index >= 0)
        {
            samples[index] = took;
        }
    }
}
