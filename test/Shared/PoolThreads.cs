namespace PidFdProcess.Shared;

/// <summary>Threads of the pool, for programs that cannot start threads later.</summary>
internal static class PoolThreads
{
    /// <summary>Makes the pool have so many threads more than it has now.</summary>
    /// <exception cref="TimeoutException">They have not all started within the limit.</exception>
    public static void Add(int count, TimeSpan limit)
    {
        // The pool starts threads at once up to its minimum, and above it late, or never on a busy processor. The threads that it has may all be
        // blocked, and the calling thread may be one of them.
        int minimum = ThreadPool.ThreadCount + count;
        ThreadPool.SetMinThreads(minimum, minimum);
        int started = 0;
        int ended = 0;
        using ManualResetEvent all = new(false);
        for (int i = 0; i < count; i++)
        {
            // Not a task, because a thread of the pool that waits for tasks runs them itself.
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    Interlocked.Increment(ref started);
                    all.WaitOne();
                    Interlocked.Increment(ref ended);
                },
                null);
        }

        bool haveStarted = Condition.TryWaitFor(() => Volatile.Read(ref started) == count, limit);
        all.Set();
        if (!haveStarted || !Condition.TryWaitFor(() => Volatile.Read(ref ended) == count, limit))
        {
            throw new TimeoutException(
                $"not within {limit.TotalSeconds} s: {count} threads of the pool have started. {started} have, and {ended} of them have ended");
        }
    }
}
