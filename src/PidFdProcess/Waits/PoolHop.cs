namespace PidFdProcess.Waits;

// Constraints: what runs handlers of Exited, or waits for the end of streams, needs a pool thread. In a program whose pool threads are all blocked,
// an ordinary work item waits behind everything that is queued. The stock waits overtake that queue, because the pool serves completed
// registered waits first.
//
// Scheme: if nothing is queued, an ordinary work item, which is faster. Otherwise a registered wait for an event that is set.

/// <summary>The way from the event loop to the thread pool.</summary>
internal static class PoolHop
{
    public static void Queue(IThreadPoolWorkItem item)
    {
        if (ThreadPool.PendingWorkItemCount == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
        else
        {
            ThreadPool.UnsafeRegisterWaitForSingleObject(
                SetEvent.Value, static (state, _) => ((IThreadPoolWorkItem)state!).Execute(), item, Timeout.Infinite, executeOnlyOnce: true);
        }
    }

    private static class SetEvent
    {
        public static ManualResetEvent Value { get; } = new(initialState: true);
    }
}
