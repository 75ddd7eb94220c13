using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Leaves the Process object as a stock asynchronous wait does when it ends. Exited was raised, and the streams were read to their end. Runs
/// handlers of Exited, so it is for threads that may run user code.
/// </summary>
internal static class StockEnd
{
    /// <summary>Ends a wait in the execution context of the call that began it, because a stock wait runs handlers of Exited there.</summary>
    /// <param name="context">The context, or <see langword="null"/> if its flow was suppressed.</param>
    /// <param name="process">The object.</param>
    /// <param name="handle">The run. The caller holds a reference.</param>
    /// <param name="promise">What the wait promises.</param>
    /// <param name="cancellationToken">Ends the wait for the streams.</param>
    public static Task RaiseInContext(
        ExecutionContext? context, Process process, ProcessHandle handle, WaitPromise promise, CancellationToken cancellationToken)
    {
        if (context is null)
        {
            return RaiseAsync(process, handle.Run, handle, promise, cancellationToken);
        }

        ExecutionContext? own = ExecutionContext.Capture();
        ExecutionContext.Restore(context);
        try
        {
            return RaiseAsync(process, handle.Run, handle, promise, cancellationToken);
        }
        finally
        {
            if (own is not null)
            {
                ExecutionContext.Restore(own);
            }
        }
    }

    /// <summary>
    /// Ends a wait in the present execution context. If another thread holds the lock of the object, Exited is raised once that has let go, and the
    /// task ends at the latest after <see cref="ReapWait.Longest"/>.
    /// </summary>
    /// <param name="process">The object.</param>
    /// <param name="run">The run.</param>
    /// <param name="handle">The handle of the run, to which the caller holds a reference, or <see langword="null"/> if the run is over.</param>
    /// <param name="promise">What the wait promises.</param>
    /// <param name="cancellationToken">Ends the wait for the lock and for the streams.</param>
    public static Task RaiseAsync(
        Process process, in RunIdentity run, ProcessHandle? handle, WaitPromise promise, CancellationToken cancellationToken) =>
        ExitedEvent.TryRaise(process, run, out RuntimeState state)
            ? WaitForStreamsAsync(process, run, handle, promise, state, cancellationToken)
            : RaiseWhenUnlockedAsync(process, run, handle, promise, cancellationToken);

    /// <summary>Notes what the runtime knows of the exit, and closes the pidfd if it has nothing more to tell.</summary>
    public static void NoteState(ProcessHandle handle, RuntimeState state)
    {
        if (state != RuntimeState.DoesNotKnow)
        {
            handle.NoteEnd(RunEnd.KnownToRuntime);
        }
        else if (handle.IsReaped())
        {
            handle.NoteReaped();
        }
    }

    private static Task WaitForStreamsAsync(
        Process process,
        in RunIdentity run,
        ProcessHandle? handle,
        WaitPromise promise,
        RuntimeState state,
        CancellationToken cancellationToken)
    {
        if (handle is not null)
        {
            NoteState(handle, state);
        }

        return state == RuntimeState.Knows && promise == WaitPromise.StockStateAndOutput
            ? OutputWait.WaitAsync(process, run, cancellationToken)
            : Task.CompletedTask;
    }

    // Another thread of the app holds the lock of the object, and may wait for this task. The looks take no thread.
    private static async Task RaiseWhenUnlockedAsync(
        Process process, RunIdentity run, ProcessHandle? handle, WaitPromise promise, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        RuntimeState state = RuntimeState.DoesNotKnow;
        bool isRaised = false;
        try
        {
            do
            {
                await Pause.ForAsync(WaitEvents.Interval, cancellationToken).ConfigureAwait(false);
                isRaised = ExitedEvent.TryRaise(process, run, out state);
            }
            while (!isRaised && Stopwatch.GetElapsedTime(start) < ReapWait.Longest);
        }
        finally
        {
            if (!isRaised)
            {
                WaitEvents.Register(process, run);
            }
        }

        // A wait for the streams would take the lock.
        WaitPromise rest = isRaised ? promise : WaitPromise.StockState;
        await WaitForStreamsAsync(process, run, handle, rest, state, cancellationToken).ConfigureAwait(false);
    }
}
