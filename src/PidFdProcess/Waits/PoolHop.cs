using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

// Overview
//
// Brings work from the event loop to a pool thread, even if the pool is busy.
//
// Constraints: Code that awaits a task needs a pool thread. Handlers of Exited and the wait for the end of streams need one, too. If all pool threads
// are blocked, an ordinary work item waits behind everything that is queued. The stock waits overtake that queue, because the pool serves completed
// registered waits first.
//
// This code must not load an assembly. If the process is out of descriptors, that fails, and an exception on the event loop ends the program.
//
// Scheme: If nothing is queued, use an ordinary work item, which is faster. Otherwise register a wait for an event that is already set. If a pool
// thread completes a task, the continuations go to that thread's own queue, which it serves next. Pending completions share one registered wait,
// except those of callers with a context of their own. If the pool cannot start a thread, the work stays queued and the event loop goes on.

/// <summary>The way from the event loop to the thread pool.</summary>
internal static class PoolHop
{
    // A ConcurrentQueue is in an assembly of its own.
    private static readonly Queue<ExitWaiter> s_completions = new();
    private static int s_isQueued;

    /// <summary>Gets whether work is queued that no thread of the pool has begun.</summary>
    public static bool IsBusy => ThreadPool.PendingWorkItemCount > 0;

    public static void Queue(IThreadPoolWorkItem item)
    {
        if (IsBusy)
        {
            Overtake(static (state, _) => ((IThreadPoolWorkItem)state!).Execute(), item);
        }
        else
        {
            PoolWork.Queue(item);
        }
    }

    /// <summary>Completes a task on a pool thread, ahead of the work that is queued.</summary>
    public static void Complete(ExitWaiter wait)
    {
        lock (s_completions)
        {
            s_completions.Enqueue(wait);
        }

        if (Interlocked.Exchange(ref s_isQueued, 1) == 0)
        {
            Overtake(static (_, _) => CompleteAll(), null);
        }
    }

    /// <summary>Completes a task on a pool thread that completes no other, because the code that awaits the task may block that thread.</summary>
    public static void CompleteAlone(ExitWaiter wait) => Queue(new Completion(wait));

    private static void CompleteAll()
    {
        // Reset this before the queue is emptied, so that a completion that is added from now on queues another round.
        Interlocked.Exchange(ref s_isQueued, 0);
        while (TakeCompletion() is { } wait)
        {
            wait.SetEnded();
        }
    }

    private static ExitWaiter? TakeCompletion()
    {
        lock (s_completions)
        {
            return s_completions.TryDequeue(out ExitWaiter? wait) ? wait : null;
        }
    }

    private static void Overtake(WaitOrTimerCallback callback, object? state)
    {
        try
        {
            ThreadPool.UnsafeRegisterWaitForSingleObject(SetEvent.Value, callback, state, Timeout.Infinite, executeOnlyOnce: true);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The pool has no thread for registered waits and cannot start one.
            PoolWork.Queue(new LateCallback(callback, state));
        }
    }

    private sealed class Completion(ExitWaiter wait) : IThreadPoolWorkItem
    {
        public void Execute() => wait.SetEnded();
    }

    // No tuple, for the reason that ExitWaiter gives.
    private sealed class LateCallback(WaitOrTimerCallback callback, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => callback(state, timedOut: false);
    }

    private static class SetEvent
    {
        public static ManualResetEvent Value { get; } = new(initialState: true);
    }
}
