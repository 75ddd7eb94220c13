using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>Waits by a poll every 50 ms, for a program that is out of descriptors, epoll watches or threads.</summary>
internal static class PollLoop
{
    /// <summary>Gets the time between two polls.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Waits for the exit by polls, and then ends the wait as the event loop would. If a poll fails, the next round polls again. The caller holds a
    /// reference until the task has ended.
    /// </summary>
    /// <param name="wait">The wait that goes on by polls.</param>
    /// <param name="context">The context, or <see langword="null"/> if its flow was suppressed.</param>
    /// <param name="process">The object. Not used if the wait promises the exit alone.</param>
    /// <param name="handle">The run.</param>
    /// <param name="promise">What the wait promises.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ObjectDisposedException">The registry was disposed during the wait.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, or no call needs the wait any more.</exception>
    public static async Task UntilEndAsync(
        PendingWait wait,
        ExecutionContext? context,
        Process process,
        ProcessHandle handle,
        WaitPromise promise,
        CancellationToken cancellationToken)
    {
        // The default registry can be disposed several times.
        int ends = handle.Owner.Ends;
        while (handle.Poll(0, out bool exited).IsFailure || !exited)
        {
            await PauseAsync(wait, handle, ends, cancellationToken).ConfigureAwait(false);
        }

        if (promise == WaitPromise.Exit)
        {
            ReapWait.CloseOnceReaped(handle);
            return;
        }

        ExitCount.CaptureAndCountExit(handle);
        long start = Stopwatch.GetTimestamp();
        while (handle.IsChild && !ReapWait.IsOver(process, handle, Stopwatch.GetElapsedTime(start)))
        {
            await PauseAsync(wait, handle, ends, cancellationToken).ConfigureAwait(false);
        }

        await StockEnd.RaiseInContext(context, process, handle, promise, cancellationToken).ConfigureAwait(false);
    }

    private static Task PauseAsync(PendingWait wait, ProcessHandle handle, int ends, CancellationToken cancellationToken)
    {
        if (handle.Owner.IsDisposed || handle.Owner.Ends != ends)
        {
            throw DisposedRegistry.DuringWait(handle.ProcessId);
        }

        return wait.TryEndUnused()
            ? throw new OperationCanceledException(new CancellationToken(canceled: true))
            : Pause.ForAsync(Interval, cancellationToken);
    }
}
