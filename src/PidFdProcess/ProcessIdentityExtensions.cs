using System.ComponentModel;
using System.Diagnostics;

namespace PidFdProcess;

/// <summary>Names that outlive this program, for <see cref="Process"/> objects.</summary>
public static class ProcessIdentityExtensions
{
    /// <summary>
    /// Gets a name of the process that another program, or this one after a restart, can open with
    /// <see cref="ProcessHandleRegistry.Open(ProcessIdentity)"/>.
    /// </summary>
    /// <param name="process">The process. It may be a zombie.</param>
    /// <returns>The identity.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, because it has not been started or was closed, or the process has exited and been reaped.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// This is not Linux, or there is neither a pidfs id (Linux 6.9) nor a <c>/proc</c> that shows the process.
    /// </exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, such as no free descriptor.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The name is read from the pidfd, or checked with it, so it is never that of another process with the same PID. Without pidfds, the start time
    /// is read by PID and the runtime is asked whether the process has exited.
    /// </remarks>
    public static ProcessIdentity GetIdentityViaPidFd(this Process process) => ProcessHandleRegistry.Default.GetIdentity(process);

    /// <summary>Opens the parent of the process.</summary>
    /// <param name="process">The process. It may be a zombie.</param>
    /// <returns>The parent, attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, or the process has exited and been reaped, or its parent is not visible in this PID namespace.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// This is not Linux, or neither the kernel (Linux 6.13) nor <c>/proc</c> tells the parent.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The parent's pidfd is opened between two looks that agree, so it is of the process that was the parent at that time. A process gets another
    /// parent when its own ends. For the parent of this program see <see cref="ProcessHandleRegistry.OpenParent()"/>.
    /// </remarks>
    public static Process OpenParentViaPidFd(this Process process) => ProcessHandleRegistry.Default.OpenParent(process);

    /// <summary>Opens the children of the process that have not exited.</summary>
    /// <param name="process">The process, which may be the calling one.</param>
    /// <returns>The children, attached. None if the process has exited, because its children have another parent then.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or there is no <c>/proc</c> for this PID namespace.</exception>
    /// <exception cref="AggregateException">Some could not be looked at, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// Each is checked as a tree kill does. Its pidfd is opened, then its parent is read, and then the parent must not have been reaped. Processes
    /// that <c>/proc</c> hides from the caller (<c>hidepid</c>) are not found. Without pidfds they are listed by PID, and the start times are
    /// compared.
    /// </remarks>
    public static Process[] GetChildrenViaPidFd(this Process process) => ProcessHandleRegistry.Default.GetChildren(process);

    /// <summary>Opens the descendants of the process that have not exited: its children, their children, and so on.</summary>
    /// <param name="process">The process, which may be the calling one.</param>
    /// <returns>The descendants, attached, each after its parent.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or there is no <c>/proc</c> for this PID namespace.</exception>
    /// <exception cref="AggregateException">Some could not be looked at, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// As <see cref="GetChildrenViaPidFd"/>. A process whose parent had exited before the call is no descendant any more. A tree that starts
    /// processes all the time has new ones when the call returns.
    /// </remarks>
    public static Process[] GetDescendantsViaPidFd(this Process process) => ProcessHandleRegistry.Default.GetDescendants(process);

    /// <summary>Waits until the process and all its descendants have exited, also those that are started during the wait.</summary>
    /// <param name="process">The process. It may not be the calling one, which does not exit during its own wait.</param>
    /// <param name="cancellationToken">Ends the wait. The processes and other waits go on.</param>
    /// <returns>
    /// A task that ends when the last one has exited. Of a child <see cref="Process.ExitCode"/> works then, and the streams that are read by lines
    /// have ended, as after <see cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">Through the task: the object has no process: it has not been started, or was closed.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Through the task: this is not Linux, or there is no <c>/proc</c> for this PID namespace.
    /// </exception>
    /// <exception cref="AggregateException">Through the task: some could not be looked at, for example because no descriptor is free.</exception>
    /// <exception cref="OperationCanceledException">Through the task: the token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">Through the task: the registry was disposed first.</exception>
    /// <remarks>
    /// <para>
    /// No event of the kernel tells of a new process. The tree is listed every 20 ms, more often at first and after a new process was found, and less
    /// often if it is large. A process whose parent exits before it is listed has left the tree and is not waited for. A daemon that starts
    /// another process and exits at once does that.
    /// </para>
    /// <para>No thread waits. A process is only waited for, never stopped.</para>
    /// </remarks>
    public static Task WaitForTreeExitPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForTreeExitAsync(process, cancellationToken);
}
