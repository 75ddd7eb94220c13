using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Prints how many bytes each call allocates and how many threads pending waits take. The test compares the text with the recorded one. In a
/// program of its own, without tiered compilation, nothing else allocates or starts threads, so the numbers are always the same.
/// </summary>
internal static class MeasureCosts
{
    private const int Count = 1_000;
    private const int Few = 200;

    // The runtime sometimes allocates for itself, once.
    private const int Rounds = 5;

    // More than all of it allocates.
    private const int NoCollectionBytes = 32 * 1024 * 1024;

    public static Task RunAsync() => Task.Run(Print);

    private static void Print()
    {
        // After a collection a weak table may be rebuilt instead of doubled, which allocates other amounts.
        GC.TryStartNoGCRegion(NoCollectionBytes);
        using ProcessHandleRegistry registry = new();
        using Process child = Process.Start("/bin/sleep", "1000");
        Process[] objects = new Process[Count];
        for (int i = 0; i < Count; i++)
        {
            objects[i] = Process.GetProcessById(child.Id);
        }

        // The first calls allocate what stays allocated.
        _ = Allocated(() => registry.Signal(child, (PosixSignal)0));
        Measure("signal", () => registry.Signal(child, (PosixSignal)0));
        Measure("poll", () => registry.HasExited(child));
        Measure("timed wait", () => registry.WaitForExit(child, 0));
        Measure("attach and detach", () =>
        {
            registry.Attach(child);
            registry.Detach(child);
        });

        Console.WriteLine($"attach: {Enumerable.Range(0, Rounds).Min(_ => AllocatedByAttach(child.Id))} B");
        Array.ForEach(objects, each => registry.Attach(each));
        Task[] waits = new Task[Count];
        int threads = Threads();
        int next = 0;
        Measure("pending wait", () => waits[next] = registry.WaitForExitAsync(objects[next++]), warmUp: 0);
        Console.WriteLine($"{Count} pending waits: {Threads() - threads} thread");

        child.Kill();
        Task.WaitAll(waits);
    }

    // A sweep enumerates the table on another thread, and the table grows by other amounts during that. So it is less than what starts a sweep.
    private static long AllocatedByAttach(int processId)
    {
        using ProcessHandleRegistry registry = new();
        Process[] objects = [.. Enumerable.Range(0, Few).Select(_ => Process.GetProcessById(processId))];
        int next = 0;
        return Allocated(() => registry.Attach(objects[next++]), Few);
    }

    private static void Measure(string name, Action call, int warmUp = Count)
    {
        for (int i = 0; i < warmUp; i++)
        {
            call();
        }

        Console.WriteLine($"{name}: {Allocated(call)} B");
    }

    private static long Allocated(Action call, int count = Count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            call();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / count;
    }

    private static int Threads() => Directory.GetFileSystemEntries("/proc/self/task").Length;
}
