using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>Many children: killed at once, or short ones started again and again.</summary>
internal static class Bulk
{
    public static TimeSpan KillAll(ImplementationCalls calls, int count)
    {
        Process[] children = Children.StartSleepers(count);
        Task all = Task.WhenAll(Array.ConvertAll(children, child => calls.WaitForExitAsync(child)));
        long start = Stopwatch.GetTimestamp();
        Array.ForEach(children, calls.Kill);
        all.GetAwaiter().GetResult();
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Children.Dispose(children);
        return took;
    }

    /// <summary>Stops all children, as a program does at its end.</summary>
    public static TimeSpan StopAll(ImplementationCalls calls, int count)
    {
        Process[] children = Children.StartSleepers(count);
        long start = Stopwatch.GetTimestamp();
        calls.StopAll(children);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Children.Dispose(children);
        return took;
    }

    /// <summary>Awaits the first of the children that are left, again and again, while another thread kills them all.</summary>
    public static (TimeSpan Took, long Bytes) KillAllAndWaitForOneAfterAnother(ImplementationCalls calls, int count)
    {
        Process[] children = Children.StartSleepers(count);
        Array.ForEach(children, calls.Attach);

        // By their PIDs, so that both implementations have the same work. None of them can be reaped and recycled before it is killed.
        Thread killer = new(() => Array.ForEach(children, static child => RawCalls.Kill(child.Id)));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        Task all = calls.WaitForOneAfterAnother(children);
        killer.Start();
        all.GetAwaiter().GetResult();
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        killer.Join();
        Children.Dispose(children);
        return (took, bytes);
    }

    public static TimeSpan RunShort(ImplementationCalls calls, int count, int atATime)
    {
        int left = count;
        async Task RunOneAfterAnother()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using Process child = Process.Start("/bin/true");
                calls.Attach(child);
                await calls.WaitForExitAsync(child).ConfigureAwait(false);
                _ = child.ExitCode == 0 ? 0 : throw Children.Unexpected(child);
            }
        }

        long begin = Stopwatch.GetTimestamp();
        Task.WhenAll(Enumerable.Range(0, atATime).Select(_ => Task.Run(RunOneAfterAnother))).GetAwaiter().GetResult();
        return Stopwatch.GetElapsedTime(begin);
    }
}
