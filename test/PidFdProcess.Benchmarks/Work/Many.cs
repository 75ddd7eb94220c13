using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>Many children: killed at once, or short ones started again and again.</summary>
internal static class Many
{
    public static TimeSpan Drain(Ways ways, int count)
    {
        Process[] children = Children.StartSleepers(count);
        Task all = Task.WhenAll(Array.ConvertAll(children, child => ways.WaitForExitAsync(child)));
        long start = Stopwatch.GetTimestamp();
        Array.ForEach(children, ways.Kill);
        all.GetAwaiter().GetResult();
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Children.Dispose(children);
        return took;
    }

    public static TimeSpan RunShort(Ways ways, int count, int atATime)
    {
        int left = count;
        async Task RunOneAfterAnother()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using Process child = Process.Start("/bin/true");
                ways.Attach(child);
                await ways.WaitForExitAsync(child).ConfigureAwait(false);
                _ = child.ExitCode == 0 ? 0 : throw Children.Unexpected(child);
            }
        }

        long begin = Stopwatch.GetTimestamp();
        Task.WhenAll(Enumerable.Range(0, atATime).Select(_ => Task.Run(RunOneAfterAnother))).GetAwaiter().GetResult();
        return Stopwatch.GetElapsedTime(begin);
    }
}
