using System.Diagnostics.Metrics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Counts what the process has at a time when it should have nothing.</summary>
internal sealed record SoakResourceCounts(
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
    /// Counts when there is no more than the first time, or after a minute. Threads end, and the runtime reaps, some time after the last operation.
    /// </summary>
    public static SoakResourceCounts TakeWhenQuiet(SoakResourceCounts? first)
    {
        SoakResourceCounts counts = Take();
        for (int i = 0; i < Tries && !counts.IsQuiet(first); i++)
        {
            Thread.Sleep(s_pause);
            counts = Take();
        }

        return counts;
    }

    public override string ToString() =>
        $"{Descriptors} pidfds, pipes and the like ({string.Join(", ", OpenDescriptors)}), {Watches} watches, {Threads} threads, "
        + $"{Children} children, {Registrations} registrations, {PendingWaits} pending waits, "
        + $"{Memory / 1024} KiB managed, {ResidentMemory / 1024} KiB resident";

    private bool IsQuiet(SoakResourceCounts? first) => Children == 0
        && Registrations == 0
        && PendingWaits == 0
        && (first is null || (Descriptors <= first.Descriptors && Watches <= first.Watches && Threads <= first.Threads));

    private static SoakResourceCounts Take()
    {
        // First, because finalizers close descriptors.
        long memory = CountMemory();

        // Files come and go with the runtime's assemblies. Each line "tfd:" is a descriptor in an epoll set.
        List<string> descriptors = Read("/proc/self/fd", path =>
            new FileInfo(path).LinkTarget is { } target && !target.StartsWith('/') ? [$"{Path.GetFileName(path)} {target}"] : []);
        List<string> watches = Read(
            "/proc/self/fdinfo", path => File.ReadLines(path).Where(line => line.StartsWith("tfd:", StringComparison.Ordinal)));
        return new(
            descriptors,
            watches.Count,
            Directory.GetFileSystemEntries("/proc/self/task").Length,
            ProcessTable.OwnChildren().Count(),
            ProcessHandleRegistry.Default.Count,
            CountPendingWaits(),
            memory,
            Environment.WorkingSet);
    }

    private static List<string> Read(string directory, Func<string, IEnumerable<string>> read) =>
        [.. Directory.EnumerateFiles(directory).SelectMany(path =>
        {
            try
            {
                return read(path).ToList();
            }
            catch (IOException)
            {
                // It was closed during the enumeration.
                return [];
            }
        })];

    // By the meter, as an operator would.
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
