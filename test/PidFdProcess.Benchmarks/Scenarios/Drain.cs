using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>1,000 children killed at once, all awaited.</summary>
internal static class Drain
{
    public static Row Run(Sizes sizes, Floor? floor)
    {
        using Contenders all = new(floor);
        return new Row(
                "1,000 children killed at once, all awaited", "ms", all.Measure(
                    warmUp: 1, sizes.DrainTurns, nanosecondsPerUnit: 1e6,
                    (Contender.Stock, "drain 1000"), (Contender.PidFd, "drain 1000"), (Contender.Inline, "drain 1000"),
                    (Contender.Floor, "drain 1000")))
            .Promise(Contender.PidFd, Contender.Stock, 0.75);
    }
}
