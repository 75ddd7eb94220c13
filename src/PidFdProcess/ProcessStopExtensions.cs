using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Signum = Mono.Unix.Native.Signum;

namespace PidFdProcess;

/// <summary>Stops a process with blocking, in several steps, with a raw signal, or with its tree, and kills descendants alone.</summary>
public static class ProcessStopExtensions
{
    /// <summary>Kills all descendants of the process, and not the process itself, which may be the calling one.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, because it has not been started or was closed, or the calling process is one of the descendants.
    /// </exception>
    /// <exception cref="AggregateException">Some descendants could not be signalled or found. All others were killed.</exception>
    /// <exception cref="Win32Exception">
    /// <c>/proc</c> cannot be read because a resource is short (EMFILE, ENFILE or ENOMEM). No process was killed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or there is no <c>/proc</c> for this PID namespace.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// Finds and kills the descendants as <see cref="ProcessPidFdExtensions.KillViaPidFd(Process, bool)"/> does. Does not wait for their exits.
    /// Without a pidfd it goes by PID and checks the parent and the start time.
    /// </remarks>
    public static void KillDescendantsViaPidFd(this Process process) => ProcessHandleRegistry.Default.KillDescendants(process);

    /// <summary>Stops the process as <see cref="ProcessPidFdExtensions.StopViaPidFdAsync"/> does, and blocks until it has exited.</summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait before SIGKILL. With <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) it is never sent.</param>
    /// <param name="signal">The signal. SIGCONT follows it, so that a stopped process runs its handler.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to signal, await and kill all descendants, too.</param>
    /// <returns>How the process ended. <see cref="PidFdExitStatus.Canceled"/> tells whether SIGKILL ended it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="gracePeriod"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process, or the calling process is in the tree.</exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM or EACCES), or it is not known whether the calling process is in the tree. No process of the tree was
    /// signalled.
    /// </exception>
    /// <exception cref="AggregateException">
    /// At the end of the stop, some descendants could not be signalled or found, or are alive after SIGKILL. All others have exited.
    /// </exception>
    /// <exception cref="TimeoutException">The process is alive 4 s after SIGKILL, because it is in state D or in a frozen cgroup.</exception>
    /// <exception cref="PlatformNotSupportedException">This is Windows, and the signal is not SIGKILL.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks><inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/remarks"/></remarks>
    public static PidFdExitStatus StopViaPidFd(
        this Process process, TimeSpan gracePeriod, PosixSignal signal = PosixSignal.SIGTERM, bool entireProcessTree = false) =>
        ProcessHandleRegistry.Default.Stop(process, gracePeriod, signal, entireProcessTree);

    /// <summary>Stops the process in the steps of the options, and blocks until it has exited.</summary>
    /// <param name="process">The process.</param>
    /// <param name="options">The signals, the times and the scope.</param>
    /// <returns>How the process ended. <see cref="PidFdExitStatus.Canceled"/> tells whether SIGKILL ended it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> or <paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A time of the options is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number of a step.
    /// </exception>
    /// <exception cref="TimeoutException">
    /// The process is alive <see cref="ProcessStopOptions.KillTimeout"/> after SIGKILL, because it is in state D or in a frozen cgroup.
    /// </exception>
    /// <inheritdoc cref="StopViaPidFd(Process, TimeSpan, PosixSignal, bool)"
    ///   path="/exception[not(contains(@cref,'Null') or contains(@cref,'OutOfRange') or contains(@cref,'Timeout'))]"/>
    public static PidFdExitStatus StopViaPidFd(this Process process, ProcessStopOptions options) =>
        ProcessHandleRegistry.Default.Stop(process, options);

    /// <inheritdoc cref="StopViaPidFdAsync(Process, ProcessStopOptions, CancellationToken)"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(this Process process, ProcessStopOptions options) =>
        StopViaPidFdAsync(process, options, CancellationToken.None);

    /// <inheritdoc cref="StopViaPidFdAsync(Process, TimeSpan, Signum, bool, CancellationToken)"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(this Process process, TimeSpan gracePeriod, Signum signal) =>
        StopViaPidFdAsync(process, gracePeriod, signal, entireProcessTree: false, CancellationToken.None);

    /// <summary>Stops the process in the steps of the options, without blocking the caller.</summary>
    /// <param name="process">The process.</param>
    /// <param name="options">The signals, the times and the scope.</param>
    /// <param name="cancellationToken">Ends the wait. If SIGKILL has not been sent yet, it is not sent any more.</param>
    /// <returns><inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/returns"/></returns>
    /// <inheritdoc cref="StopViaPidFd(Process, ProcessStopOptions)"
    ///   path="/exception[contains(@cref,'Null') or contains(@cref,'OutOfRange') or contains(@cref,'Timeout')]"/>
    /// <inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync"
    ///   path="/exception[not(contains(@cref,'Null') or contains(@cref,'OutOfRange') or contains(@cref,'Timeout'))]"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process, ProcessStopOptions options, CancellationToken cancellationToken) =>
        ProcessHandleRegistry.Default.StopAsync(process, options, cancellationToken);

    /// <summary>
    /// Stops the process as <see cref="ProcessPidFdExtensions.StopViaPidFdAsync"/> does, with a signal that <see cref="PosixSignal"/> may have no
    /// name for.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait before SIGKILL. With <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) it is never sent.</param>
    /// <param name="signal">The signal. SIGCONT follows it, so that a stopped process runs its handler.</param>
    /// <param name="entireProcessTree"><see langword="true"/> to signal, await and kill all descendants, too.</param>
    /// <param name="cancellationToken">Ends the wait. If SIGKILL has not been sent yet, it is not sent any more.</param>
    /// <returns><inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/returns"/></returns>
    /// <inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync" path="/exception"/>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process, TimeSpan gracePeriod, Signum signal, bool entireProcessTree, CancellationToken cancellationToken) =>
        signal < 0
            ? throw new ArgumentOutOfRangeException(nameof(signal), signal, "Signals are numbered from 1, see signal(7).")
            : ProcessHandleRegistry.Default.StopAsync(process, gracePeriod, (PosixSignal)(int)signal, entireProcessTree, cancellationToken);

    /// <summary>Blocks until the process has exited. When the time is over, it kills the process and waits for its exit.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill. With <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) the process is never killed.</param>
    /// <param name="entireProcessTree">
    /// <see langword="true"/> to kill the descendants, too. If the process exits in time, the call kills the descendants that it has found while
    /// their parents lived.
    /// </param>
    /// <returns>How the process ended. <see cref="PidFdExitStatus.Canceled"/> tells whether the kill ended it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is below -1 ms or above <see cref="int.MaxValue"/> ms.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, because it has not been started or was closed, or the calling process is in the tree.
    /// </exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM or EACCES). Or it is not known whether the calling process is in the tree, so that none was killed.
    /// </exception>
    /// <exception cref="AggregateException">
    /// Of a tree, some processes could not be signalled or found, or descendants are alive after SIGKILL. All others have exited.
    /// </exception>
    /// <exception cref="TimeoutException">
    /// The process has survived SIGKILL, because it is in state D or in a frozen cgroup. The wait was as long as the timeout, and at least 4 s.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed before the exit.</exception>
    /// <remarks>
    /// The end of the time before the kill throws no exception. Waits for the exit, not for the end of streams. The status needs no reap, so
    /// <see cref="Process.ExitCode"/> may not work yet. Without a pidfd the runtime serves the wait, and the kill calls <see cref="Process.Kill()"/>.
    /// </remarks>
    public static PidFdExitStatus WaitForExitOrKillPidFd(this Process process, TimeSpan timeout, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.WaitForExitOrKill(process, timeout, entireProcessTree);

    /// <summary>Waits until the process has exited. When the time is over, it kills the process and waits for its exit.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill. With <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) the process is never killed.</param>
    /// <param name="entireProcessTree">
    /// <see langword="true"/> to kill the descendants, too. If the process exits in time, the call kills the descendants that it has found while
    /// their parents lived.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the wait, before and after the kill. Its cancellation kills no process. To kill then, link a token with a limit to it, and use
    /// <see cref="WaitForExitOrKillPidFdAsync(Process, CancellationToken, bool)"/>.
    /// </param>
    /// <returns>
    /// How the process ended. <see cref="PidFdExitStatus.Canceled"/> tells whether the kill ended it. Every exception except
    /// <see cref="ArgumentException"/> is stored into the task.
    /// </returns>
    /// <inheritdoc cref="WaitForExitOrKillPidFd" path="/exception"/>
    /// <exception cref="OperationCanceledException">The token was cancelled before the exit.</exception>
    /// <remarks><inheritdoc cref="WaitForExitOrKillPidFd" path="/remarks"/></remarks>
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(
        this Process process, TimeSpan timeout, bool entireProcessTree = false, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, timeout, entireProcessTree, cancellationToken);

    /// <summary>Waits until the process has exited. When the token is cancelled, it kills the process and waits for its exit.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">
    /// Kills the process when it is cancelled. After that it ends no wait. In
    /// <see cref="WaitForExitOrKillPidFdAsync(Process, TimeSpan, bool, CancellationToken)"/> a token ends the wait and kills no process.
    /// </param>
    /// <param name="entireProcessTree">
    /// <see langword="true"/> to kill the descendants, too. If the process exits before the cancellation, no descendant is killed.
    /// </param>
    /// <returns>
    /// How the process ended. <see cref="PidFdExitStatus.Canceled"/> tells whether the kill ended it. Every exception except
    /// <see cref="ArgumentException"/> is stored into the task.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, because it has not been started or was closed. Or the calling process is in the tree that is to be killed.
    /// </exception>
    /// <exception cref="Win32Exception">
    /// The process may not be signalled (EPERM or EACCES). Or it is not known whether the calling process is in the tree, so that none was killed.
    /// </exception>
    /// <exception cref="AggregateException">
    /// Of a tree, some processes could not be signalled or found, or descendants are alive after SIGKILL. All others have exited.
    /// </exception>
    /// <exception cref="TimeoutException">The process is alive 4 s after SIGKILL, because it is in state D or in a frozen cgroup.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed before the exit.</exception>
    /// <remarks>
    /// The cancellation of the token throws no exception. Waits for the exit, not for the end of streams. The status needs no reap, so
    /// <see cref="Process.ExitCode"/> may not work yet.
    /// </remarks>
    [SuppressMessage("Design", "CA1068", Justification = "The token is what this overload waits for. The other one has a limit.")]
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(
        this Process process, CancellationToken cancellationToken, bool entireProcessTree) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, cancellationToken, entireProcessTree);
}
