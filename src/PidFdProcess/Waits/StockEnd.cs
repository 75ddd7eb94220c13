using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Leaves the Process object as a stock asynchronous wait does when it ends. Events are on, Exited was raised, and the streams were read to their
/// end. Runs handlers of Exited, so it is for threads that may run user code.
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
            return RaiseAndWaitForStreamsAsync(process, handle, promise, cancellationToken);
        }

        ExecutionContext? own = ExecutionContext.Capture();
        ExecutionContext.Restore(context);
        try
        {
            return RaiseAndWaitForStreamsAsync(process, handle, promise, cancellationToken);
        }
        finally
        {
            if (own is not null)
            {
                ExecutionContext.Restore(own);
            }
        }
    }

    /// <summary>Notes what the runtime knows of the exit, and closes the pidfd if it has nothing more to tell.</summary>
    public static void NoteState(ProcessHandle handle, RuntimeState state)
    {
        if (state != RuntimeState.DoesNotKnow)
        {
            handle.NoteEnd(RunEnd.KnownToRuntime);
        }
        else if (handle.IsReaped())
        {
            handle.NoteEnd(handle.IsChild ? RunEnd.UnknownToRuntime : RunEnd.KnownToRuntime);
        }
    }

    private static Task RaiseAndWaitForStreamsAsync(Process process, ProcessHandle handle, WaitPromise promise, CancellationToken cancellationToken)
    {
        RuntimeState state = ExitedEvent.EnableAndRaise(process, handle.Run);
        NoteState(handle, state);
        return state == RuntimeState.Knows && promise == WaitPromise.StockStateAndOutput
            ? OutputWait.WaitAsync(process, handle.Run, cancellationToken)
            : Task.CompletedTask;
    }
}
