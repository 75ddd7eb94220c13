using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace PidFdProcess;

public static partial class ProcessPidFdExtensions
{
    /// <summary>
    /// Blocks as <see cref="WaitForExitPidFd(Process)"/> does, and tells how the process ended, whether it is a child or not.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns>How it ended, and where that was read.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks>
    /// <para>
    /// For a process that is no child: always on Linux 6.15 and later, provided it was attached before it was reaped; on older kernels if
    /// it was still a zombie when the exit was noticed. What nobody knows is <see cref="ExitStatusSource.Unknown"/>.
    /// See <see cref="ExitStatusSource"/> for the sources, <c>wait(2)</c> for the meaning.
    /// </para>
    /// <para>Without pidfd: <see cref="Process.WaitForExit()"/> and, for a child, <see cref="Process.ExitCode"/>.</para>
    /// </remarks>
    public static PidFdExitStatus WaitForExitStatusPidFd(this Process process) =>
        ProcessHandleRegistry.Default.WaitForExitStatus(process);

    /// <summary>Blocks until the process has exited or the time is over, and tells how it ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The time, as for <see cref="WaitForExitPidFd(Process, TimeSpan)"/>.</param>
    /// <param name="status">How the process ended; <see langword="null"/> if the time was over first.</param>
    /// <returns><see langword="true"/> if the process has exited.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="timeout"/> is less than -1 ms or more than <see cref="int.MaxValue"/> ms.
    /// </exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <remarks><inheritdoc cref="WaitForExitStatusPidFd" path="/remarks"/></remarks>
    public static bool TryWaitForExitStatusPidFd(
        this Process process, TimeSpan timeout, [NotNullWhen(true)] out PidFdExitStatus? status) =>
        ProcessHandleRegistry.Default.TryWaitForExitStatus(process, timeout, out status);

    /// <summary>Waits as <see cref="WaitForExitPidFdAsync"/> does, and tells how the process ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the wait; the process and other waits are left alone.</param>
    /// <returns>How it ended, and where that was read.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// Through the task: the object has no process: it has not been started, or was closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">Through the task: the registry was disposed first (on the pidfd route; stock waits go on).</exception>
    /// <remarks><inheritdoc cref="WaitForExitStatusPidFd" path="/remarks"/></remarks>
    public static Task<PidFdExitStatus> WaitForExitStatusPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForExitStatusAsync(process, cancellationToken);
}
