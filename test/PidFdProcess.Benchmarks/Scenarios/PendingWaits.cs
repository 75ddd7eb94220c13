using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// What pending waits for foreign processes cost: idle CPU, threads, heap, and the start of the n-th. Each turn is a new program, so that nothing
/// is left of the turn before.
/// </summary>
internal static class PendingWaits
{
    public static IEnumerable<Row> Run(Sizes sizes, Floor? floor)
    {
        foreach (int count in sizes.PendingWaits)
        {
            using Nursery nursery = new(floor?.Program, count);
            Dictionary<string, List<PendingCost>> costs = new() { [Contender.Stock] = [], [Contender.PidFd] = [] };
            for (int turn = 0; turn < sizes.PendingTurns; turn++)
            {
                foreach ((string contender, List<PendingCost> list) in costs)
                {
                    list.Add(RunWorker(contender, nursery, sizes.IdleWindow));
                }
            }

            Row Make(string what, string unit, Func<PendingCost, double> value) => new(
                string.Create(CultureInfo.InvariantCulture, $"{count:N0} pending waits: {what}"), unit,
                [.. costs.Select(cost => From(cost.Key, cost.Value.Select(value)))]);

            // A hundred are a point of the picture: the runtime itself weighs more than they do.
            bool isPromised = count >= 1_000;
            Row cpu = Make("idle CPU", "% of a core", static cost => cost.CpuPercent);
            yield return !isPromised
                ? cpu
                : cpu.Promise(Contender.PidFd, Contender.Stock, 0.02).Promise("% of a core", cpu.Find(Contender.PidFd)!.Median, 0.1);
            Row threads = Make("threads added", "threads", static cost => cost.Threads);
            yield return !isPromised ? threads : threads.Promise("threads", threads.Find(Contender.PidFd)!.Median, 1);
            Row heap = Make("heap per wait", "B", static cost => cost.HeapPerWait);
            yield return !isPromised
                ? heap
                : heap.Promise(Contender.PidFd, Contender.Stock, 0.25).Promise("B", heap.Find(Contender.PidFd)!.Median, 256);
            yield return Make("heap per wait with its attachment", "B", static cost => cost.HeapWithAttachment);
            if (count >= 10_000)
            {
                List<PendingCost> mine = costs[Contender.PidFd];
                Series first = From("first 100", mine.SelectMany(static cost => cost.FirstStarts));
                Series last = From("last 100", mine.SelectMany(static cost => cost.LastStarts));
                yield return new Row(
                        string.Create(CultureInfo.InvariantCulture, $"start of the n-th wait, n = 10 to {count:N0}"), "ns", first, last)
                    .Promise("last 100", "first 100", 1.5);
            }
        }
    }

    private static Series From(string contender, IEnumerable<double> values)
    {
        Series series = new(contender);
        series.Add(values);
        return series;
    }

    private static PendingCost RunWorker(string contender, Nursery nursery, TimeSpan idleWindow)
    {
        using Process worker = Worker.Start("--worker", contender, idleWindow.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        worker.StandardInput.WriteLine(string.Join(' ', nursery.Ids));
        worker.StandardInput.Close();
        string answer = worker.StandardOutput.ReadToEnd();
        worker.WaitForExit();
        return worker.ExitCode == 0
            ? JsonSerializer.Deserialize<PendingCost>(answer)!
            : throw new InvalidOperationException($"The worker for {contender} exited with {worker.ExitCode}.");
    }
}
