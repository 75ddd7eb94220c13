using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>Many children killed at once: all awaited together, or the first of those that are left again and again.</summary>
internal static class KillAll
{
    private const int ScopeChildren = 100;

    public static IEnumerable<Row> Run(Sizes sizes, Floor? floor)
    {
        string children = Rows.Number(sizes.KillAllChildren);
        string count = Rows.Argument(sizes.KillAllChildren);
        using Implementations all = new(floor);
        yield return new Row(
                $"{children} children killed at once, all awaited", "ms", all.Measure(
                    warmUp: 1, sizes.KillAllTurns, nanosecondsPerUnit: 1e6,
                    (Implementation.Stock, $"kill-all {count}"), (Implementation.PidFd, $"kill-all {count}"),
                    (Implementation.Inline, $"kill-all {count}"), (Implementation.Floor, $"kill-all {count}")))
            .Promise(Implementation.PidFd, Implementation.Stock, 1.0);
        int stopped = Math.Min(ScopeChildren, sizes.KillAllChildren);
        yield return new Row(
                $"{Rows.Number(stopped)} children stopped by a scope, against a loop over Kill and WaitForExit", "ms", all.Measure(
                    warmUp: 1, sizes.KillAllTurns, nanosecondsPerUnit: 1e6,
                    (Implementation.Stock, $"stop-all {Rows.Argument(stopped)}"), (Implementation.PidFd, $"stop-all {Rows.Argument(stopped)}")))
            .Promise(Implementation.PidFd, Implementation.Stock, 1.0);
        yield return new Row(
                $"{children} children: the first of those left, again and again", "ms", all.Measure(
                    warmUp: 1, sizes.KillAllTurns, nanosecondsPerUnit: 1e6,
                    (Implementation.Stock, $"when-any {count}"), (Implementation.PidFd, $"when-any {count}")))
            .Promise(Implementation.PidFd, Implementation.Stock, 1.0);
        yield return new Row(
                $"{children} children: the first of those left, allocated", "KB", all.Measure(
                    warmUp: 0, sizes.KillAllTurns, nanosecondsPerUnit: 1000,
                    (Implementation.Stock, $"when-any-bytes {count}"), (Implementation.PidFd, $"when-any-bytes {count}")))
            .Promise(Implementation.PidFd, Implementation.Stock, 1.0);
    }
}
