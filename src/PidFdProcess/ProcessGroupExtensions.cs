using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess;

/// <summary>Signals to whole process groups.</summary>
public static class ProcessGroupExtensions
{
    /// <summary>Sends a signal to the process group that the process leads, also after the leader has exited.</summary>
    /// <param name="process">The leader of the group.</param>
    /// <param name="signal">The signal. Positive values are the raw numbers of Linux; 0 only looks whether there is a process in the group.</param>
    /// <param name="includeOwnGroup"><see langword="true"/> to allow the group that the calling process is in itself.</param>
    /// <returns><see langword="false"/> if the group is empty.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, or the process does not lead its group, or it is the group of the calling process.
    /// </exception>
    /// <exception cref="Win32Exception">No process of the group may be signalled (EPERM or EACCES).</exception>
    /// <exception cref="PlatformNotSupportedException">This is Windows.</exception>
    /// <remarks>
    /// <para>
    /// A child of .NET is in the group of its parent, so it leads none. A <see cref="ProcessScope"/> with <see
    /// cref="ProcessScopeOptions.NewSession"/> starts leaders, as <c>setsid(1)</c> and shells with job control do. Processes that have left the
    /// group are not reached: those that called
    /// <c>setsid(2)</c> or <c>setpgid(2)</c>, such as what runs under <c>timeout(1)</c>.
    /// </para>
    /// <para>
    /// Linux 6.9 and later: the flag <c>PIDFD_SIGNAL_PROCESS_GROUP</c> of <c>pidfd_send_signal(2)</c>. The pidfd names the group, and never another
    /// one. Before, and without pidfds: <c>kill(2)</c> by the number of the group, if the leader has not been reaped. It is <see langword="false"/>
    /// otherwise.
    /// </para>
    /// </remarks>
    public static bool SignalGroupViaPidFd(this Process process, PosixSignal signal, bool includeOwnGroup = false) =>
        ProcessHandleRegistry.Default.SignalGroup(process, signal, includeOwnGroup);
}
