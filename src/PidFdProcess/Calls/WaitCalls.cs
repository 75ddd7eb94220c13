using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>The public calls that wait. Each call pins the run that the object has, and waits for that run alone.</summary>
internal static class WaitCalls
{
    public static bool HasExited(AttachmentTable runs, Process process)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        return BlockingWait.HasExited(run);
    }

    /// <summary>Blocks until the process has exited or the time is over. Waits for the streams only if the time is -1.</summary>
    public static bool WaitForExit(AttachmentTable runs, Process process, int milliseconds)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, Timeout.Infinite);
        using PinnedRun run = PinnedRun.Of(runs, process);
        return BlockingWait.WaitForExit(
            run, milliseconds, milliseconds == Timeout.Infinite ? WaitPromise.StockStateAndOutput : WaitPromise.StockState);
    }

    public static void WaitForExitOnly(AttachmentTable runs, Process process)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        BlockingWait.WaitForExit(run, Timeout.Infinite, WaitPromise.StockState);
    }

    public static Task WaitForExitAsync(AttachmentTable runs, Process process, bool waitForStreams, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        try
        {
            using PinnedRun run = PinnedRun.Of(runs, process);
            return AsyncWait.WaitForExitAsync(
                run, waitForStreams ? WaitPromise.StockStateAndOutput : WaitPromise.StockState, cancellationToken);
        }
        catch (Exception e)
        {
            // The stock method stores every exception into the task, too, including exceptions from handlers of Exited.
            return Task.FromException(e);
        }
    }

    public static Task<bool> WaitForExitAndOutputAsync(
        AttachmentTable runs, Process process, TimeSpan outputTimeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WaitForOutputAsync(runs, process, Durations.Milliseconds(outputTimeout), cancellationToken);
    }

    public static PidFdExitStatus WaitForStatus(AttachmentTable runs, Process process)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        ExitStatusResolver.Prepare(run);
        WaitForExit(run, Timeout.Infinite, PromiseOfStatus(process));
        return ExitStatusResolver.StatusOf(run);
    }

    /// <summary>Returns how the process ended, or <see langword="null"/> if the time was over first.</summary>
    public static PidFdExitStatus? TryWaitForStatus(AttachmentTable runs, Process process, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(process);
        int milliseconds = Durations.Milliseconds(timeout);
        return WaitForStatusPinned(
            runs, process, milliseconds, milliseconds == Timeout.Infinite ? PromiseOfStatus(process) : WaitPromise.Exit);
    }

    public static Task<PidFdExitStatus> WaitForStatusAsync(AttachmentTable runs, Process process, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WaitForStatusPinnedAsync(runs, process, PromiseOfStatus(process), cancellationToken);
    }

    /// <summary>
    /// Waits until the members of the object know of the exit, as <c>WaitForExitStatus</c> of .NET 11 does. Returns how the process ended, or
    /// <see langword="null"/> if the time was over first.
    /// </summary>
    public static PidFdExitStatus? WaitForStockStatus(AttachmentTable runs, Process process, int milliseconds) =>
        WaitForStatusPinned(runs, process, milliseconds, WaitPromise.StockState);

    public static Task<PidFdExitStatus> WaitForStockStatusAsync(AttachmentTable runs, Process process, CancellationToken cancellationToken) =>
        WaitForStatusPinnedAsync(runs, process, WaitPromise.StockState, cancellationToken);

    public static Task<Process> WhenAnyExitAsync(
        AttachmentTable runs, IEnumerable<Process> processes, CancellationToken cancellationToken) =>
        WhenAnyExit.WaitAsync(runs, processes, cancellationToken);

    private static async Task<bool> WaitForOutputAsync(
        AttachmentTable runs, Process process, int outputMilliseconds, CancellationToken cancellationToken)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        return await AsyncWait.WaitForExitAndOutputAsync(run, outputMilliseconds, cancellationToken).ConfigureAwait(false);
    }

    private static PidFdExitStatus? WaitForStatusPinned(AttachmentTable runs, Process process, int milliseconds, WaitPromise promise)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        ExitStatusResolver.Prepare(run);
        return WaitForExit(run, milliseconds, promise) ? ExitStatusResolver.StatusOf(run) : null;
    }

    private static bool WaitForExit(in PinnedRun run, int milliseconds, WaitPromise promise) => promise == WaitPromise.Exit
        ? ExitOnlyWait.WaitForExit(run, milliseconds)
        : BlockingWait.WaitForExit(run, milliseconds, promise);

    private static Task<PidFdExitStatus> WaitForStatusPinnedAsync(
        AttachmentTable runs, Process process, WaitPromise promise, CancellationToken cancellationToken)
    {
        try
        {
            return WaitForStatusAsync(PinnedRun.Of(runs, process), promise, cancellationToken);
        }
        catch (Exception e)
        {
            return Task.FromException<PidFdExitStatus>(e);
        }
    }

    // Takes over the run. A method that pins it itself would keep the table and the object twice while the wait is pending.
    private static async Task<PidFdExitStatus> WaitForStatusAsync(PinnedRun run, WaitPromise promise, CancellationToken cancellationToken)
    {
        try
        {
            ExitStatusResolver.Prepare(run);
            await AsyncWait.WaitForExitAsync(run, promise, cancellationToken).ConfigureAwait(false);
            return ExitStatusResolver.StatusOf(run);
        }
        finally
        {
            run.Dispose();
        }
    }

    /// <summary>
    /// Returns the promise of a wait for the status. The status needs no reap, but the end of the streams does, because the runtime reads them.
    /// </summary>
    private static WaitPromise PromiseOfStatus(Process process) =>
        ProcessFields.HasOutput(process) ? WaitPromise.StockStateAndOutput : WaitPromise.Exit;
}
