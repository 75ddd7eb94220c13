namespace PidFdProcess.Conformance.Soaking;

/// <summary>What the process has at a time when it should have nothing.</summary>
internal sealed record SoakCensus(int Descriptors, int Watches, int Threads, int Children, int Registrations, long Memory, long ResidentMemory)
{
    private const int Tries = 600;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Counts when there is no more than last time, for threads end, and the runtime reaps, in their own time; or after a minute.</summary>
    public static SoakCensus TakeWhenQuiet(SoakCensus? last)
    {
        SoakCensus census = Take();
        for (int i = 0; i < Tries && !census.IsQuiet(last); i++)
        {
            Thread.Sleep(s_pause);
            census = Take();
        }

        return census;
    }

    public override string ToString() =>
        $"{Descriptors} descriptors, {Watches} watches, {Threads} threads, {Children} children, {Registrations} registrations, "
        + $"{Memory / 1024} KiB managed, {ResidentMemory / 1024} KiB resident";

    private bool IsQuiet(SoakCensus? last) => Children == 0
        && Registrations == 0
        && (last is null || (Descriptors <= last.Descriptors && Watches <= last.Watches && Threads <= last.Threads));

    private static SoakCensus Take() => new(
        Directory.GetFileSystemEntries("/proc/self/fd").Length,
        CountWatches(),
        Directory.GetFileSystemEntries("/proc/self/task").Length,
        CountChildren(),
        ProcessHandleRegistry.Default.Count,
        CountMemory(),
        Environment.WorkingSet);

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
        .Count(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int id) && Programs.ParentOf(id) == Environment.ProcessId);

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
