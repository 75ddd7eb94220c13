using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>From the kill to the code that waits for the exit. The clock of each sample starts right before the kill.</summary>
internal static class ExitLatency
{
    private const int BatchSize = 20;

    // Stock polls at its own times: exits at random ones, over a period of its polls.
    private const int MaxApart = 100;

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
                (Contender.Stock, () => Run(KillAndAwaitAsync(child => child.WaitForExitAsync(), child => child.Kill()))),
                (Contender.PidFd, () => Run(KillAndAwaitAsync(child => Registries.Hop.WaitForExitAsync(child), Registries.Hop.Kill))),
                (Contender.Inline, () => Run(KillAndAwaitAsync(child => Registries.Inline.WaitForExitAsync(child), Registries.Inline.Kill))))))
        .Promise(Contender.PidFd, Contender.Stock, 0.75, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.6)
        .Promise(Contender.Inline, Contender.Stock, 0.60, 0.45).Promise(Contender.Inline, Contender.Floor, 1.35);

    /// <summary>The same in a program that has nothing else to do: all threads are asleep when a child is killed.</summary>
    public static Row Idle(Sizes sizes) => new(
            "child: the same in an idle program", "µs", Turns.Run(sizes.ForeignWarmUp, sizes.ForeignTurns,
                (Contender.Stock, () => KillChildrenApart(child => child.WaitForExitAsync(), child => child.Kill())),
                (Contender.PidFd, () => KillChildrenApart(child => Registries.Hop.WaitForExitAsync(child), Registries.Hop.Kill)),
                (Contender.Inline, () => KillChildrenApart(child => Registries.Inline.WaitForExitAsync(child), Registries.Inline.Kill))));

    /// <summary>Children, too, for comparison: they are killed as far apart.</summary>
    public static Row Foreign(Sizes sizes, Floor? floor) => new Row(
            "foreign: kill, pending asynchronous wait", "µs", Turns.Run(sizes.ForeignWarmUp, sizes.ForeignTurns,
                (Contender.Stock, () => KillForeign(floor, Process.GetProcessById, p => p.WaitForExitAsync(), p => p.Kill())),
                (Contender.PidFd, () => KillForeign(floor, Registries.Hop.Open, p => Registries.Hop.WaitForExitAsync(p), Registries.Hop.Kill)),
                (Contender.Inline, () => KillForeign(
                    floor, Registries.Inline.Open, p => Registries.Inline.WaitForExitAsync(p), Registries.Inline.Kill)),
                (Contender.PidFdChild, () => KillChildrenApart(p => Registries.Hop.WaitForExitAsync(p), Registries.Hop.Kill))))
        .Promise(Contender.PidFd, Contender.Stock, 0.02, 1.0).Promise(Contender.PidFd, Contender.PidFdChild, 1.2);

    private static (string, Func<IEnumerable<double>>)[] Contenders(Floor? floor, params (string, Func<IEnumerable<double>>)[] all) => floor is null
        ? all
        : [.. all, (Contender.Floor, () => floor.Measure(Invariant($"kill-wait {BatchSize}")).Select(static ns => ns / 1000))];

    private static double[] KillAndBlock(Action<Process> attach, Action<Process> kill, Action<Process> wait)
    {
        double[] samples = new double[BatchSize];
        for (int i = 0; i < BatchSize; i++)
        {
            using Process child = Children.StartSleeper();
            attach(child);
            long start = Stopwatch.GetTimestamp();
            kill(child);
            wait(child);
            samples[i] = child.ExitCode == 137 ? Microseconds(start) : throw Unexpected(child);
        }

        return samples;
    }

    // The kill and the code that awaits are in one asynchronous method, as in most programs that run others one after the other.
    private static Func<Task<double[]>> KillAndAwaitAsync(Func<Process, Task> wait, Action<Process> kill) => async () =>
    {
        double[] samples = new double[BatchSize];
        for (int i = 0; i < BatchSize; i++)
        {
            using Process child = Children.StartSleeper();
            Task exit = wait(child);
            long start = Stopwatch.GetTimestamp();
            kill(child);
            await exit.ConfigureAwait(false);
            samples[i] = Microseconds(start);
            _ = child.ExitCode == 137 ? 0 : throw Unexpected(child);
        }

        return samples;
    };

    private static double[] KillForeign(Floor? floor, Func<int, Process> open, Func<Process, Task> wait, Action<Process> kill)
    {
        using Nursery nursery = new(floor, BatchSize);
        return Run(KillApartAsync(Array.ConvertAll(nursery.Ids, id => open(id)), wait, kill));
    }

    private static double[] KillChildrenApart(Func<Process, Task> wait, Action<Process> kill) =>
        Run(KillApartAsync(Children.StartSleepers(BatchSize), wait, kill));

    private static Func<Task<double[]>> KillApartAsync(Process[] processes, Func<Process, Task> wait, Action<Process> kill) => async () =>
    {
        Task[] exits = Array.ConvertAll(processes, process => wait(process));
        Thread.Sleep(s_untilStockPollsSlowly);
        double[] samples = new double[BatchSize];
        for (int i = 0; i < BatchSize; i++)
        {
            Thread.Sleep(Random.Shared.Next(2, MaxApart));
            long start = Stopwatch.GetTimestamp();
            kill(processes[i]);
            await exits[i].ConfigureAwait(false);
            samples[i] = Microseconds(start);
        }

        Children.Dispose(processes);
        return samples;
    };

    private static double[] Run(Func<Task<double[]>> turn) => Task.Run(turn).GetAwaiter().GetResult();

    private static double Microseconds(long start) => Stopwatch.GetElapsedTime(start).TotalMicroseconds;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static InvalidOperationException Unexpected(Process child) => new($"Exit code {child.ExitCode} after SIGKILL.");
}
