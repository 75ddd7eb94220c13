using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess;

public static partial class ProcessPidFdExtensions
{
    /// <summary>Stops the process gracefully: sends a signal, waits, and sends SIGKILL if it is still there after the grace period.</summary>
    /// <param name="process">The process.</param>
    /// <param name="gracePeriod">How long to wait between the two; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <param name="signal">The signal that asks for the end.</param>
    /// <param name="entireProcessTree">
    /// <see langword="true"/> to signal, await and kill all its descendants, too. Without pidfd only the process itself gets the signal.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the process keeps the signal it got, and is not killed.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="gracePeriod"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Through the task: the object has no process, or the calling process is one of the tree.
    /// </exception>
    /// <exception cref="Win32Exception">
    /// Through the task: the process may not be signalled (EPERM); nobody was. Or, for a tree, this process is out of file descriptors (EMFILE),
    /// of which it takes one for each descendant.
    /// </exception>
    /// <exception cref="AggregateException">
    /// Through the task, at the end: some of the descendants may not be signalled; all others were, and have exited or were killed.
    /// </exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <exception cref="PlatformNotSupportedException">Through the task: on Windows, for any signal but SIGKILL.</exception>
    /// <remarks>
    /// Waits for the exit, not for the end of redirected streams. Means the process that the object had when the call began, also if the object
    /// is closed or started anew meanwhile.
    /// Without pidfd: <c>kill(2)</c>, <see cref="Process.WaitForExitAsync(CancellationToken)"/> and <see cref="Process.Kill(bool)"/>.
    /// </remarks>
    public static Task<PidFdExitStatus> StopViaPidFdAsync(
        this Process process,
        TimeSpan gracePeriod,
        PosixSignal signal = PosixSignal.SIGTERM,
        bool entireProcessTree = false,
        CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.StopAsync(process, gracePeriod, signal, entireProcessTree, cancellationToken);

    /// <summary>Blocks until the process has exited; kills it when the time is over, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time before the kill; -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="timeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="Win32Exception">The process may not be signalled (EPERM).</exception>
    /// <remarks>
    /// Does not throw because the time is over. For a whole tree see <see cref="StopViaPidFdAsync"/>. Without pidfd: <see cref="Process.WaitForExit(int)"/> and <see cref="Process.Kill()"/>.
    /// </remarks>
    public static PidFdExitStatus WaitForExitOrKillPidFd(this Process process, TimeSpan timeout) =>
        ProcessHandleRegistry.Default.WaitForExitOrKill(process, timeout);

    /// <summary>Waits until the process has exited; kills it when the token is cancelled, and waits for that.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <returns>How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the kill.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// Through the task: the object has no process: it has not been started, or was closed.
    /// </exception>
    /// <exception cref="Win32Exception">Through the task: the process may not be signalled (EPERM).</exception>
    /// <remarks>
    /// Does not throw because the token is cancelled. Waits for the exit, not for the end of redirected streams.
    /// Without pidfd: <see cref="Process.WaitForExitAsync(CancellationToken)"/> and <see cref="Process.Kill()"/>.
    /// </remarks>
    public static Task<PidFdExitStatus> WaitForExitOrKillPidFdAsync(this Process process, CancellationToken cancellationToken) =>
        ProcessHandleRegistry.Default.WaitForExitOrKillAsync(process, cancellationToken);

    /// <summary>Waits for the first of many processes to exit.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="cancellationToken">Ends the wait; the processes are left alone.</param>
    /// <returns>The process that exited. Nothing is left behind with the others.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="processes"/> or one of them is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There are none.</exception>
    /// <exception cref="InvalidOperationException">Through the task: one of them has not been started, or was closed.</exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <remarks>
    /// Waits for the exit, not for the end of redirected streams: for that, await <see cref="WaitForExitPidFdAsync"/> of the process that
    /// is returned. Without pidfd: the stock events of each.
    /// </remarks>
    public static Task<Process> WhenAnyExitPidFdAsync(this IEnumerable<Process> processes, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WhenAnyExitAsync(processes, cancellationToken);
}
