using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>From the kill to the code that waits for the exit.</summary>
internal static class ExitLatency
{
    private const double Microsecond = 1000;

    public static Row Blocking(Sizes sizes, Floor? floor)
    {
        using Contenders all = new(floor);
        return new Row(
                "child: kill, blocking wait, ExitCode", "µs", all.Measure(
                    sizes.LatencyWarmUp, sizes.LatencyTurns, Microsecond,
                    (Contender.Stock, "kill-wait 20"), (Contender.PidFd, "kill-wait 20"), (Contender.Floor, "kill-wait 20")))
            .Promise(Contender.PidFd, Contender.Stock, 1.0, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.35);
    }

    public static Row Pending(Sizes sizes, Floor? floor)
    {
        using Contenders all = new(floor);
        return new Row(
                "child: kill, pending asynchronous wait", "µs", all.Measure(
                    sizes.LatencyWarmUp, sizes.LatencyTurns, Microsecond,
                    (Contender.Stock, "kill-await 20"), (Contender.PidFd, "kill-await 20"), (Contender.Inline, "kill-await 20"),
                    (Contender.Floor, "kill-wait 20")))
            .Promise(Contender.PidFd, Contender.Stock, 0.75, 1.0).Promise(Contender.PidFd, Contender.Floor, 1.6)
            .Promise(Contender.Inline, Contender.Stock, 0.60, 0.45).Promise(Contender.Inline, Contender.Floor, 1.35);
    }

    /// <summary>The same in a program that has nothing else to do: all threads are asleep when a child is killed.</summary>
    public static Row Idle(Sizes sizes)
    {
        using Contenders all = new(floor: null);
        return new Row("child: the same in an idle program", "µs", all.Measure(
            sizes.ForeignWarmUp, sizes.ForeignTurns, Microsecond,
            (Contender.Stock, "apart 20"), (Contender.PidFd, "apart 20"), (Contender.Inline, "apart 20")));
    }

    /// <summary>Children, too, for comparison: they are killed as far apart.</summary>
    public static Row Foreign(Sizes sizes, Floor? floor)
    {
        using Contenders all = new(floor);
        string foreign = floor is null ? "apart-foreign 20" : $"apart-foreign 20 {floor.Program}";
        return new Row(
                "foreign: kill, pending asynchronous wait", "µs", all.Measure(
                    sizes.ForeignWarmUp, sizes.ForeignTurns, Microsecond,
                    (Contender.Stock, foreign), (Contender.PidFd, foreign), (Contender.Inline, foreign), (Contender.PidFdChild, "apart 20")))
            .Promise(Contender.PidFd, Contender.Stock, 0.02, 1.0).Promise(Contender.PidFd, Contender.PidFdChild, 1.2);
    }
}
