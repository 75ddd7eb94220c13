using System.Diagnostics.Metrics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>What the process has at a time when it should have nothing.</summary>
internal sealed record SoakCensus(
    IReadOnlyList<string> OpenDescriptors,
    int Watches,
    int Threads,
    int Children,
    int Registrations,
    int PendingWaits,
    long Memory,
    long ResidentMemory)
{
    private const int Tries = 600;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    public int Descriptors => OpenDescriptors.Count;

    /// <summary>
    /// Counts when there is no more than the first time, for threads end, and the runtime reaps, in their own time; or after a minute.
    /// </summary>
    public static SoakCensus TakeWhenQuiet(SoakCensus? first)
    {
        SoakCensus census = Take();
        for (int i = 0; i < Tries && !census.IsQuiet(first); i++)
        {
            Thread.Sleep(s_pause);
            census = Take();
        }

        return census;
    }

    public override string ToString() =>
        $"{Descriptors} pidfds, pipes and the like ({string.Join(", ", OpenDescriptors)}), "
        + $"{Watches} watches, {Threads} threads, {Children} children, "
        + $"{Registrations} registrations, {PendingWaits} pending waits, "
        + $"{Memory / 1024} KiB managed, {ResidentMemory / 1024} KiB resident";

    private bool IsQuiet(SoakCensus? first) => Children == 0
        && Registrations == 0
        && PendingWaits == 0
        && (first is null || (Descriptors <= first.Descriptors && Watches <= first.Watches && Threads <= first.Threads));

    private static SoakCensus Take()
    {
        // First: what nobody disposes is closed by finalizers.
        long memory = CountMemory();
        return new(
            ListDescriptors(),
            CountWatches(),
            Directory.GetFileSystemEntries("/proc/self/task").Length,
            CountChildren(),
            ProcessHandleRegistry.Default.Count,
            CountPendingWaits(),
            memory,
            Environment.WorkingSet);
    }

    // Files come and go with the runtime's assemblies.
    private static List<string> ListDescriptors() => [.. Directory.EnumerateFiles("/proc/self/fd").Select(static path =>
    {
        try
        {
            return new FileInfo(path).LinkTarget is { } target && !target.StartsWith('/') ? $"{Path.GetFileName(path)} {target}" : null;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }).OfType<string>()];

    // One line for each descriptor in an epoll set.
    private static int CountWatches() => Directory.EnumerateFiles("/proc/self/fdinfo").Sum(path =>
    {
        try
        {
            return File.ReadLines(path).Count(line => line.StartsWith("tfd:", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return 0;
        }
    });

    // Zombies too: the runtime reaps our children, and one that stays has been forgotten.
    private static int CountChildren() => Directory.EnumerateDirectories("/proc")
        .Count(path =>
            int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) && ProcessTable.ParentOf(id) == Environment.ProcessId);

    // As an operator would.
    private static int CountPendingWaits()
    {
        long count = -1;
        using MeterListener listener = new();
        listener.InstrumentPublished = static (instrument, each) =>
        {
            if (instrument.Name == "pidfdprocess.waits.pending")
            {
                each.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => count = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return (int)count;
    }

    private static long CountMemory()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
