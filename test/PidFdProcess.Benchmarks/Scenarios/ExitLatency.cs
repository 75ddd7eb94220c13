using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>From the kill to the code that waits for the exit. The clock of each sample starts right before the kill.</summary>
internal static class ExitLatency
{
    private const int BatchSize = 20;

    // Stock polls foreign processes ever more slowly, down to every 100 ms, which it has reached by then.
    private static readonly TimeSpan s_untilStockPollsSlowly = TimeSpan.FromMilliseconds(400);

    public static IEnumerable<Row> Run(Sizes sizes, Floor? floor)
    {
        Func<IEnumerable<double>> floorTurn = () => floor!.Measure($"kill-wait {BatchSize}").Select(ns => ns / 1000);
        Row blocking = new(
            "child: kill, blocking wait, ExitCode", "µs", Turns.Run(sizes.LatencyWarmUp, sizes.LatencyTurns, Contenders(floor is null,
                (Contender.Stock, () => KillAndBlock(static _ => { }, child => child.Kill(), child => child.WaitForExit())),
                (Contender.PidFd, () => KillAndBlock(
                    child => Registries.Hop.Attach(child), Registries.Hop.Kill, child => Registries.Hop.WaitForExit(child, -1))),
                (Contender.Floor, floorTurn))));
        yield return blocking.Promise(Contender.PidFd, Contender.Stock, 1.0, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.35);

        Row pending = new(
            "child: kill, pending asynchronous wait", "µs", Turns.Run(sizes.LatencyWarmUp, sizes.LatencyTurns, Contenders(floor is null,
                (Contender.Stock, () => KillAndAwait(child => child.WaitForExitAsync(), child => child.Kill())),
                (Contender.PidFd, () => KillAndAwait(child => Registries.Hop.WaitForExitAsync(child), Registries.Hop.Kill)),
                (Contender.Inline, () => KillAndAwait(child => Registries.Inline.WaitForExitAsync(child), Registries.Inline.Kill)),
                (Contender.Floor, floorTurn))));
        yield return pending
            .Promise(Contender.PidFd, Contender.Stock, 0.75, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.6)
            .Promise(Contender.Inline, Contender.Stock, 0.60, 0.45).Promise(Contender.Inline, Contender.Floor, 1.35);

        Row foreign = new(
            "foreign: kill, pending asynchronous wait", "µs", Turns.Run(1, sizes.ForeignTurns,
                (Contender.Stock, () => KillForeign(floor, Process.GetProcessById, p => p.WaitForExitAsync(), p => p.Kill())),
                (Contender.PidFd, () => KillForeign(floor, Registries.Hop.Open, p => Registries.Hop.WaitForExitAsync(p), Registries.Hop.Kill)),
                (Contender.Inline, () => KillForeign(
                    floor, Registries.Inline.Open, p => Registries.Inline.WaitForExitAsync(p), Registries.Inline.Kill))));
        foreign.Promise(Contender.PidFd, Contender.Stock, 0.02, 1.0);
        yield return foreign.Promise(
            "pidfd / pidfd of children, median", foreign.Find(Contender.PidFd)!.Median / pending.Find(Contender.PidFd)!.Median, 1.2);
    }

    private static (string, Func<IEnumerable<double>>)[] Contenders(bool withoutFloor, params (string, Func<IEnumerable<double>>)[] all) =>
        withoutFloor ? all[..^1] : all;

    private static double[] KillAndBlock(Action<Process> attach, Action<Process> kill, Action<Process> wait)
    {
        Process[] children = Children.StartSleepers(BatchSize);
        Array.ForEach(children, attach);
        double[] samples = Array.ConvertAll(children, child =>
        {
            long start = Stopwatch.GetTimestamp();
            kill(child);
            wait(child);
            return child.ExitCode == 137 ? Microseconds(start, Stopwatch.GetTimestamp()) : throw Unexpected(child);
        });
        Children.Dispose(children);
        return samples;
    }

    private static double[] KillAndAwait(Func<Process, Task> wait, Action<Process> kill)
    {
        Process[] children = Children.StartSleepers(BatchSize);
        double[] samples = Sample(children, wait, kill);
        Children.Dispose(children);
        return samples;
    }

    private static double[] KillForeign(Floor? floor, Func<int, Process> open, Func<Process, Task> wait, Action<Process> kill)
    {
        using Nursery nursery = new(floor, BatchSize);
        Process[] processes = Array.ConvertAll(nursery.Ids, id => open(id));
        double[] samples = Sample(processes, wait, kill, s_untilStockPollsSlowly);
        Children.Dispose(processes);
        return samples;
    }

    private static double[] Sample(Process[] processes, Func<Process, Task> wait, Action<Process> kill, TimeSpan pause = default)
    {
        Task<long>[] ends = Array.ConvertAll(processes, process => TimeOfResumeAsync(wait(process)));
        Thread.Sleep(pause);
        double[] samples = new double[processes.Length];
        for (int i = 0; i < processes.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            kill(processes[i]);
            samples[i] = Microseconds(start, ends[i].GetAwaiter().GetResult());
        }

        return samples;
    }

    private static async Task<long> TimeOfResumeAsync(Task wait)
    {
        await wait.ConfigureAwait(false);
        return Stopwatch.GetTimestamp();
    }

    private static double Microseconds(long start, long end) => Stopwatch.GetElapsedTime(start, end).TotalMicroseconds;

    private static InvalidOperationException Unexpected(Process child) => new($"Exit code {child.ExitCode} after SIGKILL.");
}
