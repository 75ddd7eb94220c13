using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>From the kill to the code that waits for the exit.</summary>
internal static class ExitLatency
{
    private const double Microsecond = 1000;

    // A wait for a child costs no more than a stock one, neither usually nor at worst.
    private const double NotMore = 1.0;
    private const double NotMoreAtWorst = 1.05;

    private const string SpinningThreads = "4";

    public static Row Blocking(Sizes sizes, Floor? floor)
    {
        using Implementations all = new(floor);
        return new Row(
                "child: kill, blocking wait, ExitCode", "µs", all.Measure(
                    sizes.LatencyWarmUp, sizes.LatencyTurns, Microsecond,
                    (Implementation.Stock, "kill-wait 20"), (Implementation.PidFd, "kill-wait 20"), (Implementation.Floor, "kill-wait 20")))
            .Promise(Implementation.PidFd, Implementation.Stock, NotMore, NotMoreAtWorst)
            .Promise(Implementation.PidFd, Implementation.Floor, 1.35);
    }

    public static Row Pending(Sizes sizes, Floor? floor)
    {
        using Implementations all = new(floor);
        return new Row(
                "child: kill, pending asynchronous wait", "µs", all.Measure(
                    sizes.LatencyWarmUp, sizes.LatencyTurns, Microsecond,
                    (Implementation.Stock, "kill-await 20"), (Implementation.PidFd, "kill-await 20"), (Implementation.Inline, "kill-await 20"),
                    (Implementation.Floor, "kill-wait 20")))
            .Promise(Implementation.PidFd, Implementation.Stock, NotMore, NotMoreAtWorst)
            .Promise(Implementation.PidFd, Implementation.Floor, 1.6)
            .Promise(Implementation.Inline, Implementation.Stock, NotMore, NotMoreAtWorst)
            .Promise(Implementation.Inline, Implementation.Floor, 1.4);
    }

    /// <summary>The same while another program keeps all processors busy.</summary>
    public static Row Busy(Sizes sizes, Floor? floor)
    {
        using Process spinning = Worker.Start("--spin", SpinningThreads);
        spinning.StandardOutput.ReadLine();
        using Implementations all = new(floor);
        Row row = new Row(
                $"child: the same on a machine with {SpinningThreads} spinning threads", "µs", all.Measure(
                    sizes.BusyWarmUp, sizes.BusyTurns, Microsecond,
                    (Implementation.Stock, "kill-await 10"), (Implementation.PidFd, "kill-await 10"), (Implementation.Floor, "kill-wait 10")))
            .Promise(Implementation.PidFd, Implementation.Stock, NotMoreAtWorst, NotMoreAtWorst);
        spinning.StandardInput.Close();
        spinning.WaitForExit();
        return row;
    }

    /// <summary>The same in a program whose pool is blocked. A thread that is not the pool's waits for the task.</summary>
    public static Row Starved(Sizes sizes) => new Row(
            "child: the same in a program with 60 blocked work items", "ms", Interleaver.Run(
                warmUp: 0, sizes.StarvedTurns,
                (Implementation.Stock, () => MeasureStarved(Implementation.Stock)),
                (Implementation.PidFd, () => MeasureStarved(Implementation.PidFd))))
        .Promise(Implementation.PidFd, Implementation.Stock, NotMore);

    /// <summary>The same in a program that has nothing else to do, so that all its threads are asleep when a child is killed.</summary>
    public static Row Idle(Sizes sizes)
    {
        using Implementations all = new(floor: null);
        string command = $"idle-kill 20 {Rows.Argument(sizes.IdleWarmUp)}";
        return new Row(
                "child: the same in an idle program", "µs", all.Measure(
                    sizes.ForeignWarmUp, sizes.ForeignTurns, Microsecond,
                    (Implementation.Stock, command), (Implementation.PidFd, command), (Implementation.Inline, command)))
            .Promise(Implementation.PidFd, Implementation.Stock, NotMore, NotMoreAtWorst)
            .Promise(Implementation.Inline, Implementation.Stock, NotMore, NotMoreAtWorst);
    }

    /// <summary>Children are measured, too, for comparison, and are killed as far apart.</summary>
    public static Row NonChild(Sizes sizes, Floor? floor)
    {
        using Implementations all = new(floor);
        string command = $"idle-kill 20 {Rows.Argument(sizes.IdleWarmUp)}";
        string nonChild = $"idle-kill-non-child 20 {Rows.Argument(sizes.IdleWarmUp)}{(floor is null ? "" : $" {floor.Program}")}";
        return new Row(
                "non-child: kill, pending asynchronous wait", "µs", all.Measure(
                    sizes.ForeignWarmUp, sizes.ForeignTurns, Microsecond,
                    (Implementation.Stock, nonChild), (Implementation.PidFd, nonChild), (Implementation.Inline, nonChild),
                    (Implementation.PidFdChild, command)))
            .Promise(Implementation.PidFd, Implementation.Stock, 0.02, NotMore)
            .Promise(Implementation.PidFd, Implementation.PidFdChild, 1.2);
    }

    // The pool adds a thread or two a second, so each turn is a new program.
    private static IEnumerable<double> MeasureStarved(string implementation)
    {
        using Implementations one = new(floor: null);
        return one.Measure(warmUp: 0, turns: 1, nanosecondsPerUnit: 1e6, (implementation, "kill-await-starved 2"))[0].Sorted;
    }
}
