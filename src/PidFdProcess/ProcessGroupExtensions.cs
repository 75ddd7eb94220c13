using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess;

/// <summary>Sends signals to whole process groups.</summary>
public static class ProcessGroupExtensions
{
    /// <summary>Sends a signal to the process group that the process leads.</summary>
    /// <param name="process">The leader of the group.</param>
    /// <param name="signal">The signal. Positive values are the raw numbers of Linux. <c>(PosixSignal)0</c> only checks the group.</param>
    /// <param name="includeOwnGroup"><see langword="true"/> to allow the group of the calling process.</param>
    /// <returns><see langword="false"/> if the group is empty, or if the leader was reaped and its pidfd is closed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, or the process does not lead its group. Or the calling process is in the group, and
    /// <paramref name="includeOwnGroup"/> is <see langword="false"/>. Or the group is that of PID 1, and it can only be signalled by number.
    /// </exception>
    /// <exception cref="Win32Exception">No process of the group may be signalled (EPERM or EACCES).</exception>
    /// <exception cref="PlatformNotSupportedException">This is Windows.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// <para>
    /// A child that .NET started is in the group of its parent, so it leads no group. A <see cref="ProcessScope"/> with
    /// <see cref="ProcessScopeOptions.NewSession"/> starts leaders, as <c>setsid(1)</c> and shells with job control do. The signal does not reach
    /// processes that have left the group with <c>setsid(2)</c> or <c>setpgid(2)</c>, for example a program under <c>timeout(1)</c>.
    /// </para>
    /// <para>
    /// On Linux 6.9 and later, the flag <c>PIDFD_SIGNAL_PROCESS_GROUP</c> of <c>pidfd_send_signal(2)</c> signals the group through the pidfd, and
    /// never another group. On older kernels and without pidfds, <c>kill(2)</c> signals the group by number, except group 1, because
    /// <c>kill(-1)</c> signals all processes. If the leader has been reaped, that call
    /// is not made, and the answer is <see langword="false"/>.
    /// </para>
    /// <para>
    /// Through the pidfd, the signal also reaches a group whose leader has exited. That ends once the leader was reaped and this library has closed
    /// the pidfd. It does so after a wait, a stop or <see cref="ProcessPidFdExtensions.HasExitedPidFd"/> has seen the exit, or in a clean-up between
    /// calls. So signal the group before you wait for its leader. To stop the rest of a group after the exit of its leader, use a
    /// <see cref="ProcessScope"/> with <see cref="ProcessScopeOptions.NewSession"/>.
    /// </para>
    /// </remarks>
    public static bool SignalGroupViaPidFd(this Process process, PosixSignal signal, bool includeOwnGroup = false) =>
        ProcessHandleRegistry.Default.SignalGroup(process, signal, includeOwnGroup);
}
