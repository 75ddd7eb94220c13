using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess.TraceTarget;

/// <summary>
/// Prints what calls allocate and how many threads pending waits take, for a test that compares them with what is recorded. In a program of its
/// own, without tiered compilation, so that nothing else allocates or starts threads and the numbers are always the same.
/// </summary>
internal static class Costs
{
    private const int Count = 1_000;

    public static void Print()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = Process.Start("/bin/sleep", "1000");
        Process[] objects = new Process[Count];
        for (int i = 0; i < Count; i++)
        {
            objects[i] = Process.GetProcessById(child.Id);
        }

        // What is allocated once.
        _ = Allocated(() => registry.Signal(child, (PosixSignal)0));
        Measure("signal", () => registry.Signal(child, (PosixSignal)0));
        Measure("poll", () => registry.HasExited(child));
        Measure("timed wait", () => registry.WaitForExit(child, 0));
        Measure("attach and detach", () =>
        {
            registry.Attach(child);
            registry.Detach(child);
        });

        int next = 0;
        Measure("attach", () => registry.Attach(objects[next++]), warmUp: 0);

        Task[] waits = new Task[Count];
        int threads = Threads();
        next = 0;
        Measure("pending wait", () => waits[next] = registry.WaitForExitAsync(objects[next++]), warmUp: 0);
        Console.WriteLine($"{Count} pending waits: {Threads() - threads} thread");

        child.Kill();
        Task.WaitAll(waits);
    }

    private static void Measure(string name, Action call, int warmUp = Count)
    {
        for (int i = 0; i < warmUp; i++)
        {
            call();
        }

        Console.WriteLine($"{name}: {Allocated(call)} B");
    }

    private static long Allocated(Action call)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Count; i++)
        {
            call();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
    }

    private static int Threads() => Directory.GetFileSystemEntries("/proc/self/task").Length;
}
