using System.Diagnostics;
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
            List<(string, Func<IEnumerable<double>>)> contenders =
            [
                (Contender.Stock, () => RunMany(atATime, Process.Start, static child => child.WaitForExitAsync())),
                (Contender.PidFd, () => RunMany(atATime, Start, static child => Registries.Hop.WaitForExitAsync(child))),
            ];
            if (floor is not null)
            {
                contenders.Add((Contender.Floor, () => floor.Measure($"short {PerTurn} {atATime}").Select(ns => ns / 1000 / PerTurn)));
            }

            // Time per process, so that less is better as everywhere: a throughput of 1.00 or more.
            yield return new Row(
                    $"short processes, {atATime} at a time: start, attach, await", "µs each",
                    Turns.Run(2, sizes.ShortProcesses / PerTurn, [.. contenders]))
                .Promise(Contender.PidFd, Contender.Stock, 1.0);
        }
    }

    private static Process Start(string program)
    {
        Process process = Process.Start(program);
        Registries.Hop.Attach(process);
        return process;
    }

    private static double[] RunMany(int atATime, Func<string, Process> start, Func<Process, Task> wait)
    {
        int left = PerTurn;
        async Task RunOneAfterAnother()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using Process child = start("/bin/true");
                await wait(child).ConfigureAwait(false);
                _ = child.ExitCode == 0 ? 0 : throw new InvalidOperationException($"Exit code {child.ExitCode}.");
            }
        }

        long begin = Stopwatch.GetTimestamp();
        Task.WhenAll(Enumerable.Range(0, atATime).Select(_ => Task.Run(RunOneAfterAnother))).GetAwaiter().GetResult();
        return [Stopwatch.GetElapsedTime(begin).TotalMicroseconds / PerTurn];
    }
}
