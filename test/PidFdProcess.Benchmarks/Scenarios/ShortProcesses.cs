using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>Start, attach, await, exit: what a program that runs many short processes gets done.</summary>
internal static class ShortProcesses
{
    private const int PerTurn = 100;

    public static IEnumerable<Row> Run(Sizes sizes, Floor? floor)
    {
        foreach (int atATime in (int[])[1, 8])
        {
            using Implementations all = new(floor);
            string command = string.Create(CultureInfo.InvariantCulture, $"short {PerTurn} {atATime}");

            // Time per process, so that less is better as everywhere: a throughput of 1.00 or more.
            yield return new Row(
                    $"short processes, {atATime} at a time: start, attach, await", "µs each", all.Measure(
                        sizes.ShortWarmUp, sizes.ShortProcesses / PerTurn, nanosecondsPerUnit: 1000.0 * PerTurn,
                        (Implementation.Stock, command), (Implementation.PidFd, command), (Implementation.Floor, command)))
                .Promise(Implementation.PidFd, Implementation.Stock, 1.0, p99Limit: 1.05);
        }
    }
}
