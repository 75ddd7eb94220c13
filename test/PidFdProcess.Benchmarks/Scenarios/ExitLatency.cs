using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>From the kill to the code that waits for the exit. The clock of each sample starts right before the kill.</summary>
internal static class ExitLatency
{
    private const int BatchSize = 20;

    // In between the threads go to sleep, as they do in a program that waits for a child now and then.
    private static readonly TimeSpan s_apart = Environment.GetEnvironmentVariable("APART") is { } a ? TimeSpan.FromMilliseconds(int.Parse(a, CultureInfo.InvariantCulture)) : TimeSpan.FromMilliseconds(2);

    // Stock polls foreign processes ever more slowly, down to every 100 ms, which it has reached by then.
    private static readonly TimeSpan s_untilStockPollsSlowly = TimeSpan.FromMilliseconds(400);

    public static Row Blocking(Sizes sizes, Floor? floor) => new Row(
            "child: kill, blocking wait, ExitCode", "µs", Turns.Run(sizes.LatencyWarmUp, sizes.LatencyTurns, Contenders(floor,
                (Contender.Stock, () => KillAndBlock(static _ => { }, child => child.Kill(), child => child.WaitForExit())),
                (Contender.PidFd, () => KillAndBlock(
                    child => Registries.Hop.Attach(child), Registries.Hop.Kill, child => Registries.Hop.WaitForExit(child, -1))))))
        .Promise(Contender.PidFd, Contender.Stock, 1.0, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.35);

    public static Row Pending(Sizes sizes, Floor? floor) => new Row(
            "child: kill, pending asynchronous wait", "µs", Turns.Run(sizes.LatencyWarmUp, sizes.LatencyTurns, Contenders(floor,
                (Contender.Stock, () => KillAndAwait(child => child.WaitForExitAsync(), child => child.Kill())),
                (Contender.PidFd, () => KillAndAwait(child => Registries.Hop.WaitForExitAsync(child), Registries.Hop.Kill)),
                (Contender.Inline, () => KillAndAwait(child => Registries.Inline.WaitForExitAsync(child), Registries.Inline.Kill)))))
        .Promise(Contender.PidFd, Contender.Stock, 0.75, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.6)
        .Promise(Contender.Inline, Contender.Stock, 0.60, 0.45).Promise(Contender.Inline, Contender.Floor, 1.35);

    public static Row Foreign(Sizes sizes, Floor? floor, Row? pending)
    {
        Row foreign = new(
            "foreign: kill, pending asynchronous wait", "µs", Turns.Run(sizes.ForeignWarmUp, sizes.ForeignTurns,
                (Contender.Stock, () => KillForeign(floor, Process.GetProcessById, p => p.WaitForExitAsync(), p => p.Kill())),
                (Contender.PidFd, () => KillForeign(floor, Registries.Hop.Open, p => Registries.Hop.WaitForExitAsync(p), Registries.Hop.Kill)),
                (Contender.Inline, () => KillForeign(
                    floor, Registries.Inline.Open, p => Registries.Inline.WaitForExitAsync(p), Registries.Inline.Kill))));
        foreign.Promise(Contender.PidFd, Contender.Stock, 0.02, 1.0);
        return pending is null ? foreign : foreign.Promise(
            "pidfd / pidfd of children, median", foreign.Find(Contender.PidFd)!.Median / pending.Find(Contender.PidFd)!.Median, 1.2);
    }

    private static (string, Func<IEnumerable<double>>)[] Contenders(Floor? floor, params (string, Func<IEnumerable<double>>)[] all) => floor is null
        ? all
        : [.. all, (Contender.Floor, () => floor.Measure(string.Create(
            CultureInfo.InvariantCulture, $"kill-wait {BatchSize} {s_apart.TotalMicroseconds:0}")).Select(ns => ns / 1000))];

    private static double[] KillAndBlock(Action<Process> attach, Action<Process> kill, Action<Process> wait)
    {
        Process[] children = Children.StartSleepers(BatchSize);
        Array.ForEach(children, attach);
        double[] samples = Array.ConvertAll(children, child =>
        {
            Thread.Sleep(s_apart);
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
            Thread.Sleep(s_apart);
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
