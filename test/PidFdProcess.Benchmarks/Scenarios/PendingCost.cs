using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;
using PidFdProcess.Benchmarks.Work;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>What a program measures of itself while its waits are pending.</summary>
internal sealed record PendingCost(
    double CpuPercent, int Threads, double HeapPerWait, double HeapWithAttachment, double[] FirstStarts, double[] LastStarts)
{
    private const int Skipped = 10;
    private const int Window = 100;

    /// <summary>Waits for the processes whose PIDs come by stdin, until it has measured.</summary>
    public static PendingCost Measure(string contender, TimeSpan idleWindow)
    {
        int[] ids = [.. Console.In.ReadLine()!.Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        Ways ways = Ways.Of(contender);
        WarmUp(ids, contender == Contender.Stock);

        Process[] processes = new Process[ids.Length];
        Task[] waits = new Task[ids.Length];
        long[] starts = new long[ids.Length + 1];
        for (int i = 0; i < ids.Length; i++)
        {
            processes[i] = Process.GetProcessById(ids[i]);
        }

        long heapBare = GC.GetTotalMemory(forceFullCollection: true);
        Array.ForEach(processes, ways.Attach);

        // A thread of the pool that swept the attachments is still there afterwards.
        long heapAttached = GC.GetTotalMemory(forceFullCollection: true);
        int threads = CountThreads();
        starts[0] = Stopwatch.GetTimestamp();
        for (int i = 0; i < ids.Length; i++)
        {
            waits[i] = ways.WaitForExitAsync(processes[i]);
            starts[i + 1] = Stopwatch.GetTimestamp();
        }

        Thread.Sleep(TimeSpan.FromSeconds(1));
        int threadsAdded = CountThreads() - threads;
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long begin = Stopwatch.GetTimestamp();
        Thread.Sleep(idleWindow);
        double cpuPercent = (Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(begin) * 100;
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(processes);
        return Array.Exists(waits, static wait => wait.IsCompleted)
            ? throw new InvalidOperationException("A process exited.")
            : new PendingCost(
                cpuPercent, threadsAdded, (heap - heapAttached) / (double)ids.Length, (heap - heapBare) / (double)ids.Length,
                Starts(starts, Skipped), Starts(starts, ids.Length - Window));
    }

    // The code gets hot, and the pool, the timer and the collector have their threads, but not the waits: what they add is counted. Waits
    // that are cancelled leave the watcher's thread, so that the warm-up is another registry's.
    private static void WarmUp(int[] ids, bool isStock)
    {
        using CancellationTokenSource end = new();
        using ProcessHandleRegistry registry = TestRegistry.On(new Handles.PidFdPlatform(Linux.LinuxKernel.Instance));
        for (int round = 0; round < 5; round++)
        {
            Process[] processes = [.. ids.Take(Window).Select(Process.GetProcessById)];
            using CancellationTokenSource endOfRound = new();
            Task[] waits = Array.ConvertAll(
                processes,
                process => isStock ? Task.Delay(Timeout.Infinite, endOfRound.Token) : registry.WaitForExitAsync(process, endOfRound.Token));
            Thread.Sleep(100);
            endOfRound.Cancel();
            Task.WhenAll(waits).ContinueWith(static _ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
            Array.ForEach(processes, static process => process.Dispose());
        }
    }

    private static double[] Starts(long[] starts, int from) => from < Skipped || from + Window >= starts.Length
        ? []
        : [.. Enumerable.Range(from, Window).Select(i => Stopwatch.GetElapsedTime(starts[i], starts[i + 1]).TotalNanoseconds)];

    private static int CountThreads() => Directory.GetFileSystemEntries("/proc/self/task").Length;
}
