using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;
using PidFdProcess.Benchmarks.Work;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>What a program measures of itself while its waits are pending, and how long they take to end when all processes are killed.</summary>
internal sealed record PendingCost(
    double CpuPercent, int Threads, double HeapPerWait, double HeapWithAttachment, double[] FirstStarts, double[] LastStarts, double KillAll)
{
    private const int Skipped = 10;
    private const int Window = 100;

    /// <summary>
    /// Waits for processes until it has measured. They are non-children whose PIDs come by stdin, or, if a program is named, children that run it.
    /// </summary>
    public static PendingCost Measure(string implementation, TimeSpan idleWindow, string? program, int count)
    {
        ImplementationCalls calls = ImplementationCalls.Of(implementation);
        Process[] processes = program is not null
            ? Start(program, count)
            : Array.ConvertAll(Console.In.ReadLine()!.Split(' '), static id => Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture)));
        WarmUp(processes, program, implementation == Implementation.Stock);

        Task[] waits = new Task[processes.Length];
        long[] starts = new long[processes.Length + 1];
        long heapBare = GC.GetTotalMemory(forceFullCollection: true);
        Array.ForEach(processes, calls.Attach);

        // A thread of the pool that swept the attachments is still there afterwards.
        long heapAttached = GC.GetTotalMemory(forceFullCollection: true);
        int threads = CountThreads();
        starts[0] = Stopwatch.GetTimestamp();
        for (int i = 0; i < processes.Length; i++)
        {
            waits[i] = calls.WaitForExitAsync(processes[i]);
            starts[i + 1] = Stopwatch.GetTimestamp();
        }

        Thread.Sleep(idleWindow / 2);
        int threadsAdded = CountThreads() - threads;
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long begin = Stopwatch.GetTimestamp();
        Thread.Sleep(idleWindow);
        double cpuPercent = (Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(begin) * 100;
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        if (Array.Exists(waits, static wait => wait.IsCompleted))
        {
            throw new InvalidOperationException("A process exited.");
        }

        begin = Stopwatch.GetTimestamp();
        Array.ForEach(processes, calls.Kill);
        Task.WaitAll(waits);
        return new PendingCost(
            cpuPercent, threadsAdded, (heap - heapAttached) / (double)processes.Length, (heap - heapBare) / (double)processes.Length,
            Starts(starts, Skipped), Starts(starts, processes.Length - Window), Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
    }

    // The code gets hot, and the pool, the timer and the collector have their threads. The waits do not, because the threads that they add are
    // counted. The warm-up has a registry with an event loop of its own, because the thread of an event loop stays for some seconds. It waits for the
    // status, because a wait for the exit would leave events on, as a stock wait does, and the runtime would go on to poll.
    private static void WarmUp(Process[] processes, string? program, bool isStock)
    {
        Process[] warmUp = program is not null
            ? Start(program, Window)
            : [.. processes.Take(Window).Select(static process => Process.GetProcessById(process.Id))];
        Handles.PidFdPlatform platform = new(Linux.LinuxKernel.Instance);
        for (int round = 0; round < 5; round++)
        {
            using CancellationTokenSource endOfRound = new();
            ProcessHandleRegistry registry = new(new Attachments.AttachmentTable(platform, supportOverride: null));
            Task[] waits = Array.ConvertAll(
                warmUp,
                process => isStock
                    ? Task.Delay(Timeout.Infinite, endOfRound.Token)
                    : registry.WaitForExitStatusAsync(process, endOfRound.Token));
            Thread.Sleep(100);
            endOfRound.Cancel();
            registry.Dispose();
            Task.WhenAll(waits).ContinueWith(static _ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
        }

        foreach (Process process in warmUp)
        {
            if (program is not null)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }
    }

    private static Process[] Start(string program, int count)
    {
        Process[] children = new Process[count];
        for (int i = 0; i < count; i++)
        {
            children[i] = Process.Start(program);
        }

        return children;
    }

    private static double[] Starts(long[] starts, int from) => from < Skipped || from + Window >= starts.Length
        ? []
        : [.. Enumerable.Range(from, Window).Select(i => Stopwatch.GetElapsedTime(starts[i], starts[i + 1]).TotalNanoseconds)];

    private static int CountThreads() => Directory.GetFileSystemEntries("/proc/self/task").Length;
}
