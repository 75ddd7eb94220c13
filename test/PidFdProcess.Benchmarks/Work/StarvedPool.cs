using System.Diagnostics;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>
/// Children that are killed while every thread of the pool is blocked and more work is queued, from right before the kill until a thread
/// that is not the pool's sees the completed task.
/// </summary>
internal static class StarvedPool
{
    private const int BlockedItems = 60;

    public static TimeSpan[] KillAndAwait(ImplementationCalls calls, int count)
    {
        TimeSpan[] samples = new TimeSpan[count];
        for (int i = 0; i < count; i++)
        {
            using Process child = Children.StartSleeper();
            Task exit = calls.WaitForExitAsync(child);

            // The pool keeps the threads that it has added for earlier samples, so they are blocked, too.
            int items = BlockedItems + ThreadPool.ThreadCount;
            using ManualResetEvent end = new(false);
            using CountdownEvent ended = new(items);
            int blocked = 0;
            for (int item = 0; item < items; item++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        Interlocked.Increment(ref blocked);
                        end.WaitOne();
                        ended.Signal();
                    },
                    null);
            }

            SpinWait.SpinUntil(() => Volatile.Read(ref blocked) >= ThreadPool.ThreadCount);
            long start = Stopwatch.GetTimestamp();
            calls.Kill(child);
            exit.GetAwaiter().GetResult();
            samples[i] = Stopwatch.GetElapsedTime(start);
            end.Set();
            ended.Wait();
        }

        return samples;
    }
}
