using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Signum = Mono.Unix.Native.Signum;

namespace PidFdProcess;

/// <summary>More ways to stop a process: blocking, in several steps, by a raw signal, with its tree, or its descendants alone.</summary>
public static class ProcessStopExtensions
{
    /// <summary>Kills all descendants of the process, and not the process itself, which may be the calling one.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process: it has not been started, or was closed. Or the calling process is one of the descendants.
    /// </exception>
    /// <exception cref="AggregateException">
    /// Some may not be signalled, could not be found, or are alive after SIGKILL. All others were killed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">There is no <c>/proc</c> for this PID namespace.</exception>
    /// <remarks>As <see cref="ProcessPidFdExtensions.KillViaPidFd(Process, bool)"/>. Without pidfd: by PID, with parent and start time
    /// checked.</remarks>
    public static void KillDescendantsViaPidFd(this Process process) => ProcessHandleRegistry.Default.KillDescendants(process);

    /// <summary>Stops the process as <see cref="ProcessPidFdExtensions.StopViaPidFdAsync"/> does, and blocks until it has exited.</summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait before SIGKILL; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <param name="signal">The signal that asks for the end.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to signal, await and kill all its descendants, too.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="gracePeriod"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process, or the calling process is one of the tree.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM or EACCES). No process of the tree was.</exception>
    /// <exception cref="AggregateException">Some of the descendants may not be signalled or could not be found.</exception>
    /// <exception cref="TimeoutException">The process is alive 4 s after the SIGKILL (state D, a frozen cgroup).</exception>
    /// <exception cref="PlatformNotSupportedException">On Windows, for any signal but SIGKILL.</exception>
    /// <remarks><inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/remarks"/></remarks>
    public static PidFdExitStatus StopViaPidFd(
        this Process process, TimeSpan gracePeriod, PosixSignal signal = PosixSignal.SIGTERM, bool entireProcessTree = false) =>
        ProcessHandleRegistry.Default.Stop(process, gracePeriod, signal, entireProcessTree);

    /// <summary>Stops the process in the steps of the options, and blocks until it has exited.</summary>
    /// <param name="process">The process.</param>
    /// <param name="options">The signals, the times and the scope.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</returns>
    /// <inheritdoc cref="StopViaPidFd(Process, TimeSpan, PosixSignal, bool)" path="/exception"/>
    /// <remarks>The <see cref="TimeoutException"/> comes after <see cref="ProcessStopOptions.KillTimeout"/>.</remarks>
    public static PidFdExitStatus StopViaPidFd(this Process process, ProcessStopOptions options) =>
        ProcessHandleRegistry.Default.Stop(process, options);

    /// <inheritdoc cref="StopViaPidFdAsync(Process, ProcessStopOptions, CancellationToken)"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(this Process process, ProcessStopOptions options) =>
        StopViaPidFdAsync(process, options, CancellationToken.None);

    /// <inheritdoc cref="StopViaPidFdAsync(Process, TimeSpan, Signum, bool, CancellationToken)"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(this Process process, TimeSpan gracePeriod, Signum signal) =>
        StopViaPidFdAsync(process, gracePeriod, signal, entireProcessTree: false, CancellationToken.None);

    /// <summary>Stops the process in the steps of the options, without blocking.</summary>
    /// <param name="process">The process.</param>
    /// <param name="options">The signals, the times and the scope.</param>
    /// <param name="cancellationToken"><inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/param[5]"/>Ends the wait.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</returns>
    /// <inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/exception"/>
    /// <remarks>The <see cref="TimeoutException"/> comes after <see cref="ProcessStopOptions.KillTimeout"/>.</remarks>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process, ProcessStopOptions options, CancellationToken cancellationToken) =>
        ProcessHandleRegistry.Default.StopAsync(process, options, cancellationToken);

    /// <summary>As <see cref="ProcessPidFdExtensions.StopViaPidFdAsync"/>, for signals that <see cref="PosixSignal"/> has no name for.</summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait before SIGKILL; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <param name="signal">The signal that asks for the end.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to signal, await and kill all its descendants, too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</returns>
    /// <inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/exception"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process, TimeSpan gracePeriod, Signum signal, bool entireProcessTree, CancellationToken cancellationToken) =>
        signal < 0
            ? throw new ArgumentOutOfRangeException(nameof(signal), signal, "Signals are numbered from 1, see signal(7).")
            : ProcessHandleRegistry.Default.StopAsync(process, gracePeriod, (PosixSignal)(int)signal, entireProcessTree, cancellationToken);

    /// <summary>Blocks until the process has exited; kills it when the time is over, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <param name="entireProcessTree">
    /// <see langword="true"/> to kill the descendants, too. Those that are left are also killed if the process exits in time.
    /// </param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="timeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM or EACCES).</exception>
    /// <exception cref="TimeoutException">
    /// The process is alive after the SIGKILL (state D, a frozen cgroup), for as long as the timeout was, and 4 s at least.
    /// </exception>
    /// <remarks>
    /// Does not throw because the time before the kill is over. Waits for the exit, not for the end of streams. Without pidfd:
    /// <see cref="Process.WaitForExit(int)"/> and <see cref="Process.Kill()"/>.
    /// </remarks>
    public static PidFdExitStatus WaitForExitOrKillPidFd(this Process process, TimeSpan timeout, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.WaitForExitOrKill(process, timeout, entireProcessTree);

    /// <summary>Waits until the process has exited; kills it when the time is over, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <param name="entireProcessTree"><inheritdoc cref="WaitForExitOrKillPidFd" path="/param[3]"/>Whether to kill the descendants, too.</param>
    /// <param name="cancellationToken">Ends the wait, before and after the kill.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <inheritdoc cref="WaitForExitOrKillPidFd" path="/exception"/>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <remarks><inheritdoc cref="WaitForExitOrKillPidFd" path="/remarks"/></remarks>
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(
        this Process process, TimeSpan timeout, bool entireProcessTree = false, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, timeout, entireProcessTree, cancellationToken);

    /// <summary>Waits until the process has exited; kills it when the token is cancelled, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to kill the descendants, too.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// Through the task: the object has no process: it has not been started, or was closed.
    /// </exception>
    /// <exception cref="Win32Exception">Through the task: the process may not be signalled (EPERM or EACCES).</exception>
    /// <exception cref="TimeoutException">Through the task: the process is alive 4 s after the SIGKILL (state D, a frozen cgroup).</exception>
    /// <remarks>Does not throw because the token is cancelled. Waits for the exit, not for the end of streams.</remarks>
    [SuppressMessage("Design", "CA1068", Justification = "The token is what this overload waits for. The other one has a limit.")]
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(
        this Process process, CancellationToken cancellationToken, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, cancellationToken, entireProcessTree);
}
