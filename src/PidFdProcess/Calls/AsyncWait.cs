using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>Waits for pinned runs without blocking a thread.</summary>
internal static class AsyncWait
{
    /// <summary>Waits until the run has ended.</summary>
    public static Task WaitForExitAsync(in PinnedRun run, WaitPromise promise, CancellationToken cancellationToken)
    {
        if (run.Handle is not { } handle)
        {
            return run.IsOver
                ? EndAsync(run, promise, cancellationToken)
                : ByRuntimeAsync(run, promise, cancellationToken);
        }

        CallFailure failure = handle.Poll(0, out bool exited);
        if (failure.IsFailure)
        {
            FallBack.Note(run, failure);
            return ByRuntimeAsync(run, promise, cancellationToken);
        }

        if (exited && (promise == WaitPromise.Exit || IsEndKnown(handle)))
        {
            ReapWait.CloseOnceReaped(handle);
            return EndAsync(run, promise, cancellationToken);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return CanceledAsync(cancellationToken);
        }

        PendingWait wait = new(handle, run.Process, promise);
        failure = wait.Begin(cancellationToken);
        if (failure.IsFailure)
        {
            FallBack.Note(run, failure);
        }

        return wait.Task;
    }

    /// <summary>Waits for the exit, and then for at most the given time for the end of the streams.</summary>
    /// <returns><see langword="true"/> if the streams have ended.</returns>
    public static async Task<bool> WaitForExitAndOutputAsync(PinnedRun run, int outputMilliseconds, CancellationToken cancellationToken)
    {
        await WaitForExitAsync(run, WaitPromise.StockState, cancellationToken).ConfigureAwait(false);
        if (run.Attachment.Run is { IsStarted: true, IsClosed: false } started && !started.IsReaped() && ProcessFields.HasOutput(run.Process))
        {
            // The runtime does not know of the exit yet. Its wait for the streams would first wait until it does.
            return !started.IsCurrentIn(run.Process);
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Pause.CancelAfter(limit, outputMilliseconds);
        try
        {
            await OutputWait.WaitAsync(run.Process, run.Attachment.Run, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private static bool IsEndKnown(ProcessHandle handle)
    {
        handle.CaptureExit();
        return !handle.IsChild || ReapWait.IsKnown(handle);
    }

    /// <summary>Ends a wait after the exit. Turns events on and raises Exited as the stock wait does, and waits for the streams.</summary>
    private static Task EndAsync(in PinnedRun run, WaitPromise promise, CancellationToken cancellationToken)
    {
        if (promise == WaitPromise.Exit)
        {
            return Task.CompletedTask;
        }

        WaitEvents.Mark(run.Process, run.Attachment.Run);
        return StockEnd.RaiseAsync(run.Process, run.Attachment.Run, handle: null, promise, cancellationToken);
    }

    private static async Task ByRuntimeAsync(PinnedRun run, WaitPromise promise, CancellationToken cancellationToken)
    {
        try
        {
            await (promise == WaitPromise.StockStateAndOutput
                ? StockWait.WaitWithOutputAsync(run.Process, cancellationToken)
                : StockWait.WaitAsync(run.Process, run.Attachment.Run, cancellationToken)).ConfigureAwait(false);
        }
        catch (InvalidOperationException) when (promise == WaitPromise.Exit && StartTimeWait.CanWait(run))
        {
            await StartTimeWait.WaitAsync(run, cancellationToken).ConfigureAwait(false);
        }

        run.CountIfExited(exited: true);
    }

    // An async method, so that the task throws OperationCanceledException as the stock task does, and not TaskCanceledException.
    private static async Task CanceledAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask.ConfigureAwait(false);
    }
}
