using System.Collections.Concurrent;

namespace PidFdProcess.Waits;

// Overview
//
// Constraints: a wait ends when the runtime has reaped, which it does for many children at one go. A thread for each exit would block and
// be woken for each of them. User code must not hold up other waits, nor may a child that native code forked and does not reap.
//
// Scheme: one pool thread at a time settles exits, in the order in which the watcher reports them; when it has waited for one, the runtime
// has mostly reaped the next ones too. Those that are settled complete on pool threads of their own; the last one, on this one, after
// which another thread may settle. What user code could run in, or is not reaped soon, settles by itself. Waits that the watcher could not
// keep go on by stock, one after the other: two that add their handlers to Exited at the same time would lose one.
internal static class ReapQueue
{
    // In milliseconds. The runtime reaps within a fraction of one.
    private const int Limit = 20;

    private static readonly ConcurrentQueue<PendingWait> s_waits = new();
    private static readonly WorkItem s_workItem = new();
    private static int s_isRunning;

    /// <summary>Settles and completes a wait whose process has exited, on the thread pool.</summary>
    public static void Queue(PendingWait wait)
    {
        s_waits.Enqueue(wait);
        if (Interlocked.Exchange(ref s_isRunning, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(s_workItem, preferLocal: false);
        }
    }

    private static void Run()
    {
        bool inTime = true;
        while (s_waits.TryDequeue(out PendingWait? wait))
        {
            if (wait.HasFailed)
            {
                wait.Complete();
                continue;
            }

            if (TryFinish())
            {
                wait.Complete();
                return;
            }

            // After one that is late, the others had better not wait in line.
            inTime = inTime && wait.TrySettle(Limit);
            ThreadPool.UnsafeQueueUserWorkItem(wait, preferLocal: true);
        }

        if (!TryFinish())
        {
            ThreadPool.UnsafeQueueUserWorkItem(s_workItem, preferLocal: false);
        }
    }

    /// <summary>Ends this run if nothing is queued; what is queued from now on gets another one.</summary>
    private static bool TryFinish()
    {
        if (!s_waits.IsEmpty)
        {
            return false;
        }

        Volatile.Write(ref s_isRunning, 0);
        Interlocked.MemoryBarrier();
        return s_waits.IsEmpty || Interlocked.Exchange(ref s_isRunning, 1) != 0;
    }

    private sealed class WorkItem : IThreadPoolWorkItem
    {
        public void Execute() => Run();
    }
}
