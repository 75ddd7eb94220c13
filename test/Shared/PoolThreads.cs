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
        using Barrier all = new(count);
        Task<bool>[] tasks = [.. Enumerable.Range(0, count).Select(_ => Task.Run(() => all.SignalAndWait(limit)))];
        Task.WaitAll(tasks);
        if (!tasks.All(static task => task.Result))
        {
            throw new TimeoutException($"not within {limit.TotalSeconds} s: {count} threads of the pool have started");
        }
    }
}
