using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>Processes killed so far apart that all threads are asleep, from right before the kill to the code that awaits the exit.</summary>
internal static class IdleKill
{
    // The runtime polls at fixed times, so the kills are spread at random over a period of its polls.
    private const int MaxApart = 100;

    // The runtime polls non-children ever more slowly, down to every 100 ms, which it has reached by then.
    private static readonly TimeSpan s_untilStockPollsSlowly = TimeSpan.FromMilliseconds(400);

    private static bool s_isWarm;

    public static TimeSpan[] KillNonChildren(ImplementationCalls calls, int count, int warmUp, string? floor)
    {
        using ForeignProcessPool pool = new(floor, count);
        return Kill(calls, warmUp, Array.ConvertAll(pool.Ids, id => calls.Open(id)));
    }

    public static TimeSpan[] KillChildren(ImplementationCalls calls, int count, int warmUp) =>
        Kill(calls, warmUp, Children.StartSleepers(count));

    private static TimeSpan[] Kill(ImplementationCalls calls, int warmUp, Process[] processes) => Task.Run(async () =>
    {
        // Otherwise the compiler is measured, which competes for the processors.
        if (!s_isWarm)
        {
            OneAfterAnother.KillAndAwait(calls, warmUp);
            s_isWarm = true;
        }

        Task[] exits = Array.ConvertAll(processes, process => calls.WaitForExitAsync(process));
        Thread.Sleep(s_untilStockPollsSlowly);
        TimeSpan[] samples = new TimeSpan[processes.Length];
        for (int i = 0; i < processes.Length; i++)
        {
            Thread.Sleep(Random.Shared.Next(2, MaxApart));
            long start = Stopwatch.GetTimestamp();
            calls.Kill(processes[i]);
            await exits[i].ConfigureAwait(false);
            samples[i] = Stopwatch.GetElapsedTime(start);
        }

        Children.Dispose(processes);
        return samples;
    }).GetAwaiter().GetResult();
}
