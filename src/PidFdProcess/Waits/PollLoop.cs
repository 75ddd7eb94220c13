using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>Waits by a poll every 50 ms, for a program that is out of descriptors, epoll watches or threads.</summary>
internal static class PollLoop
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits for the exit with a reference of its own, because the event loop cannot register the wait. Uses no Process object.</summary>
    public static async Task HoldUntilExitAsync(ProcessHandle handle, CancellationToken cancellationToken)
    {
        if (!handle.TryAddRef())
        {
            return;
        }

        try
        {
            await UntilExitAsync(handle, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            handle.Release();
        }
    }

    /// <summary>
    /// Waits until the pidfd reports the exit. If a poll fails, the next round polls again. The caller holds a reference until the task has ended.
    /// </summary>
    public static async Task UntilExitAsync(ProcessHandle handle, CancellationToken cancellationToken)
    {
        while (handle.Poll(0, out bool exited).IsFailure || !exited)
        {
            await Pause(s_interval, cancellationToken).ConfigureAwait(false);
        }

        ExitCount.CaptureAndCountExit(handle);
    }

    /// <summary>
    /// Waits for the exit by polls, and then ends the wait as the event loop would. The caller holds a reference until the task has ended.
    /// </summary>
    /// <inheritdoc cref="StockEnd.RaiseInContext" path="/param"/>
    public static async Task UntilEndAsync(
        ExecutionContext? context, Process process, ProcessHandle handle, WaitPromise promise, CancellationToken cancellationToken)
    {
        await UntilExitAsync(handle, cancellationToken).ConfigureAwait(false);
        if (promise != WaitPromise.Exit)
        {
            await UntilKnownAsync(handle, cancellationToken).ConfigureAwait(false);
            await StockEnd.RaiseInContext(context, process, handle, promise, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits after the exit until the runtime knows of it, at most 10 s.</summary>
    private static async Task UntilKnownAsync(ProcessHandle handle, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (handle.IsChild && !ReapWait.IsKnown(handle)
            && Stopwatch.GetElapsedTime(start).TotalMilliseconds < ReapWait.LongestMilliseconds)
        {
            await Pause(s_interval, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for a time. The first timer of a program starts a thread, which takes two descriptors. If it cannot start, a pool thread sleeps.
    /// </summary>
    public static Task Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            return Task.Delay(time, cancellationToken);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            return Task.Run(() => Thread.Sleep(time), cancellationToken);
        }
    }
}
