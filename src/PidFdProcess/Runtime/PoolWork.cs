namespace PidFdProcess.Runtime;

/// <summary>
/// Queues work to the thread pool for threads that must go on. The pool first queues the work and then starts a thread for it. If that fails, the
/// work stays queued, so the exception tells the caller nothing that it could act on.
/// </summary>
internal static class PoolWork
{
    public static void Queue<T>(Action<T> action, T state)
    {
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The pool has the work and runs it once it has a thread.
        }
    }

    public static void Queue(IThreadPoolWorkItem item)
    {
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The pool has the work and runs it once it has a thread.
        }
    }
}
