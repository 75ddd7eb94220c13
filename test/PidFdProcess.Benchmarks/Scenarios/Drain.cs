using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>1,000 children killed at once, all awaited.</summary>
internal static class Drain
{
    private const int Count = 1_000;

    public static Row Run(Sizes sizes, Floor? floor)
    {
        List<(string, Func<IEnumerable<double>>)> contenders =
        [
            (Contender.Stock, () => KillAll(child => child.WaitForExitAsync(), child => child.Kill())),
            (Contender.PidFd, () => KillAll(child => Registries.Hop.WaitForExitAsync(child), Registries.Hop.Kill)),
            (Contender.Inline, () => KillAll(child => Registries.Inline.WaitForExitAsync(child), Registries.Inline.Kill)),
        ];
        if (floor is not null)
        {
            contenders.Add((Contender.Floor, () => floor.Measure($"drain {Count}").Select(ns => ns / 1e6)));
        }

        return new Row("1,000 children killed at once, all awaited", "ms", Turns.Run(1, sizes.DrainTurns, [.. contenders]))
            .Promise(Contender.PidFd, Contender.Stock, 0.75);
    }

    private static double[] KillAll(Func<Process, Task> wait, Action<Process> kill)
    {
        Process[] children = Children.StartSleepers(Count);
        Task all = Task.WhenAll(Array.ConvertAll(children, child => wait(child)));
        long start = Stopwatch.GetTimestamp();
        Array.ForEach(children, kill);
        all.GetAwaiter().GetResult();
        double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Children.Dispose(children);
        return [took];
    }
}
