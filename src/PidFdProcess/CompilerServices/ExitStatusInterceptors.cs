using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Calls;
using PidFdProcess.Linux;

namespace PidFdProcess.CompilerServices;

/// <summary>
/// The methods that an app for .NET 11 calls in place of <c>Process.WaitForExitStatus</c> and its siblings when its project sets
/// <c>PidFdProcessDropIn</c>. Only generated code calls them. Code written by hand calls <see cref="ProcessPidFdExtensions"/>.
/// </summary>
/// <remarks>
/// The waits promise what the stock methods promise. <see cref="Process.HasExited"/> and <see cref="Process.ExitCode"/> work afterwards, and
/// <see cref="Process.Exited"/> was or will be raised. They do not wait for the end of redirected streams.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ExitStatusInterceptors
{
    /// <summary>Returns whether the waits below can replace the stock method. Otherwise the stock method has to answer.</summary>
    /// <param name="process">The process.</param>
    /// <returns><see langword="false"/> also for a non-child, because the stock methods throw for it.</returns>
    public static bool CanReplace(Process process) => ProcessInterceptors.CanReplace(process)
        && ProcessHandleRegistry.Default.TryGetAttachment(process, out ProcessAttachment? attachment)
        && attachment.IsChild;

    /// <summary>Waits for the exit.</summary>
    /// <param name="process">The process.</param>
    /// <returns>How it ended.</returns>
    public static PidFdExitStatus Wait(Process process) =>
        WaitCalls.WaitForStockStatus(ProcessHandleRegistry.Default.Runs, process, Timeout.Infinite)!;

    /// <summary>Waits for the exit within a limit.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="left">The rest of the limit, which is left if the stock method has to answer after all.</param>
    /// <returns>How the process ended, or <see langword="null"/> if the time was over first.</returns>
    public static PidFdExitStatus? Wait(Process process, TimeSpan timeout, out TimeSpan left)
    {
        int milliseconds = Durations.Milliseconds(timeout);
        long start = Stopwatch.GetTimestamp();
        PidFdExitStatus? status = WaitCalls.WaitForStockStatus(ProcessHandleRegistry.Default.Runs, process, milliseconds);
        left = TimeSpan.FromMilliseconds(TimeLimit.Left(milliseconds, start));
        return status;
    }

    /// <summary>Waits for the exit without blocking a thread.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How it ended.</returns>
    public static Task<PidFdExitStatus> WaitAsync(Process process, CancellationToken cancellationToken) =>
        WaitCalls.WaitForStockStatusAsync(ProcessHandleRegistry.Default.Runs, process, cancellationToken);

    /// <summary>Gets the parts of the stock exit status of .NET 11.</summary>
    /// <param name="status">How a process ended.</param>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="signal">The signal that killed it.</param>
    /// <returns><see langword="false"/> if the stock method has to answer, because the status is unknown or came from the runtime.</returns>
    public static bool TryGetStockStatus(PidFdExitStatus status, out int exitCode, out PosixSignal? signal)
    {
        ArgumentNullException.ThrowIfNull(status);
        exitCode = status.ExitCode.GetValueOrDefault();
        signal = status.PosixSignal;
        return status.Source is not (ExitStatusSource.Unknown or ExitStatusSource.Runtime);
    }
}
