using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// What pending waits cost: idle CPU, threads, heap, the start of the n-th, and their end when all processes are killed. Each turn is a new
/// program, so that nothing is left of the turn before.
/// </summary>
internal static class PendingWaits
{
    private const string NonChildren = "waits for non-children";
    private const string Children = "waits for children";

    // A hundred are a point of the picture, but the runtime itself weighs more than they do.
    private const int Promised = 1_000;

    // A descriptor for each process, and some for the runtime.
    private const int OtherDescriptors = 1_000;

    // A stock program takes a thread for 63 waits, and a thread has a PID, too.
    private const int OtherProcesses = 2_000;

    public static IEnumerable<Row> Run(Sizes sizes, Floor? floor, List<string> notes) =>
        sizes.PendingWaits.SelectMany(count => Measure(NonChildren, count, sizes.PendingTurns, sizes, floor, notes))
            .Concat(Measure(Children, sizes.PendingChildren, sizes.PendingTurns, sizes, floor, notes));

    /// <summary>As many as PIDs and descriptors allow.</summary>
    public static IEnumerable<Row> Many(Sizes sizes, Floor? floor, List<string> notes)
    {
        int available = int.Parse(File.ReadAllText("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture)
            - Directory.GetDirectories("/proc").Length - OtherProcesses;
        available = Math.Min(available, RawCalls.AllowDescriptors(sizes.ManyWaits + OtherDescriptors) - OtherDescriptors);
        return ((string[])[NonChildren, Children]).SelectMany(
            kind => Measure(kind, Math.Min(sizes.ManyWaits, available), turns: 1, sizes, floor, notes));
    }

    private static IEnumerable<Row> Measure(string kind, int count, int turns, Sizes sizes, Floor? floor, List<string> notes)
    {
        string name = $"{Rows.Number(count)} pending {kind}";
        if (kind == Children && floor?.Pause is null)
        {
            notes.Add($"{name} are skipped: there is no C library to link a small program statically with");
            yield break;
        }

        Dictionary<string, List<PendingCost>> costs = new() { [Implementation.Stock] = [], [Implementation.PidFd] = [] };
        // The same children in C. For non-children there is nothing to compare with, because it takes a parent of theirs that reaps.
        Series[] inC = kind == Children ? [new(Implementation.Floor)] : [];
        for (int turn = 0; turn < turns; turn++)
        {
            foreach ((string implementation, List<PendingCost> list) in costs)
            {
                list.Add(RunWorker(implementation, kind, count, sizes.IdleWindow, floor));
            }

            Array.ForEach(
                inC, series => series.Add(floor!.Measure($"kill-all {Rows.Argument(count)} 1 {floor.Pause}").Select(static ns => ns / 1e6)));
        }

        Row Make(string what, string unit, Func<PendingCost, double> value) => new(
            $"{name}: {what}", unit, [.. costs.Select(cost => From(cost.Key, cost.Value.Select(value)))]);

        Row cpu = Make("idle CPU", "% of a core", static cost => cost.CpuPercent);
        Row threads = Make("threads added", "threads", static cost => cost.Threads);
        Row heap = Make("heap each", "B", static cost => cost.HeapPerWait);
        Row attached = Make("heap each with the attachment", "B", static cost => cost.HeapWithAttachment);
        Row end = new(
            $"{name}: all killed and awaited", "ms",
            [.. costs.Select(cost => From(cost.Key, cost.Value.Select(static cost => cost.KillAll))), .. inC]);
        if (count >= Promised)
        {
            cpu.Promise("% of a core", cpu.Find(Implementation.PidFd)!.Median, 0.1);
            threads.Promise("threads", threads.Find(Implementation.PidFd)!.Median, 1);
            heap.Promise("B", heap.Find(Implementation.PidFd)!.Median, 256);
            attached.Promise("B", attached.Find(Implementation.PidFd)!.Median, 400);
            end.Promise(Implementation.PidFd, Implementation.Stock, 1.0);
            if (kind == NonChildren)
            {
                cpu.Promise(Implementation.PidFd, Implementation.Stock, 0.02);
                heap.Promise(Implementation.PidFd, Implementation.Stock, 0.25);
            }
        }

        yield return cpu;
        yield return threads;
        yield return heap;
        yield return attached;
        yield return end;
        if (count >= 10_000)
        {
            List<PendingCost> mine = costs[Implementation.PidFd];
            yield return new Row(
                    $"{name}: start of the n-th, n = 10 to {Rows.Number(count)}", "ns",
                    From("first 100", mine.SelectMany(static cost => cost.FirstStarts)),
                    From("last 100", mine.SelectMany(static cost => cost.LastStarts)))
                .Promise("last 100", "first 100", 1.5);
        }
    }

    private static Series From(string implementation, IEnumerable<double> values)
    {
        Series series = new(implementation);
        series.Add(values);
        return series;
    }

    private static PendingCost RunWorker(string implementation, string kind, int count, TimeSpan idleWindow, Floor? floor)
    {
        using ForeignProcessPool? pool = kind == NonChildren ? new ForeignProcessPool(floor?.Program, count) : null;
        string[] children = kind == Children ? [floor!.Pause!, Rows.Argument(count)] : [];
        RawCalls.AllowDescriptors(count + OtherDescriptors);
        using Process worker = Worker.Start(
            ["--worker", implementation, idleWindow.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), .. children]);
        if (pool is not null)
        {
            worker.StandardInput.WriteLine(string.Join(' ', pool.Ids));
        }

        worker.StandardInput.Close();
        string answer = worker.StandardOutput.ReadToEnd();
        worker.WaitForExit();
        return worker.ExitCode == 0
            ? JsonSerializer.Deserialize<PendingCost>(answer)!
            : throw new InvalidOperationException($"The worker for {implementation} exited with {worker.ExitCode}.");
    }
}
