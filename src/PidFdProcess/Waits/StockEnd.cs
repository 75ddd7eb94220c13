using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// What a stock asynchronous wait leaves when it ends: events on, Exited raised, the streams read to their end. Runs handlers of Exited, so it is for
/// threads that may run user code.
/// </summary>
internal static class StockEnd
{
    /// <summary>Ends a wait in the execution context of the call that began it, because handlers of Exited run in that, as in the stock
    /// wait.</summary>
    /// <param name="context">The context; <see langword="null"/> if its flow was suppressed.</param>
    /// <param name="process">The object.</param>
    /// <param name="handle">The run; the caller holds a reference.</param>
    /// <param name="promise">What the wait promises.</param>
    /// <param name="cancellationToken">Ends the wait for the streams.</param>
    public static Task FinishInContext(
        ExecutionContext? context, Process process, ProcessHandle handle, WaitPromise promise, CancellationToken cancellationToken)
    {
        if (context is null)
        {
            return FinishAsync(process, handle, promise, cancellationToken);
        }

        ExecutionContext? own = ExecutionContext.Capture();
        ExecutionContext.Restore(context);
        try
        {
            return FinishAsync(process, handle, promise, cancellationToken);
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
            handle.Finish(RunEnd.KnownToRuntime);
        }
        else if (handle.IsReaped())
        {
            handle.Finish(handle.IsChild ? RunEnd.UnknownToRuntime : RunEnd.KnownToRuntime);
        }
    }

    private static Task FinishAsync(Process process, ProcessHandle handle, WaitPromise promise, CancellationToken cancellationToken)
    {
        RuntimeState state = ExitedEvent.EnableAndRaise(process, handle.Run);
        NoteState(handle, state);
        return state == RuntimeState.Knows && promise == WaitPromise.StockStateAndOutput
            ? OutputWait.WaitAsync(process, handle.Run, cancellationToken)
            : Task.CompletedTask;
    }
}
