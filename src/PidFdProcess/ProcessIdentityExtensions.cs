using System.ComponentModel;
using System.Diagnostics;

namespace PidFdProcess;

/// <summary>Gets identities and relatives of <see cref="Process"/> objects.</summary>
public static class ProcessIdentityExtensions
{
    /// <summary>
    /// Gets an identity of the process. Another program, or this one after a restart, can open the process with it (see
    /// <see cref="ProcessHandleRegistry.Open(ProcessIdentity)"/>).
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
    /// <exception cref="Win32Exception">A system call failed for another reason, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The identity is read from the pidfd or checked with it, so it never names another process with the same PID. Without a pidfd the call reads
    /// the start time by PID, and asks the runtime whether the process has exited.
    /// </remarks>
    public static ProcessIdentity GetIdentityViaPidFd(this Process process) => ProcessHandleRegistry.Default.GetIdentity(process);

    /// <summary>Opens the parent of the process.</summary>
    /// <param name="process">The process. It may be a zombie.</param>
    /// <returns>The parent, attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, the process has exited and been reaped, or its parent is not visible in this PID namespace.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// This is not Linux, or neither the kernel (Linux 6.13) nor <c>/proc</c> tells the parent.
    /// </exception>
    /// <exception cref="Win32Exception"><c>/proc</c> cannot be read because descriptors or memory are short.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The call reads the PID of the parent before and after it opens the pidfd, and repeats this until both PIDs are the same. So the pidfd is of
    /// the process that was the parent at that time. A process gets another parent when its own parent ends. For the parent of this program see
    /// <see cref="ProcessHandleRegistry.OpenParent()"/>.
    /// </remarks>
    public static Process OpenParentViaPidFd(this Process process) => ProcessHandleRegistry.Default.OpenParent(process);

    /// <summary>Opens the children of the process that have not exited.</summary>
    /// <param name="process">The process, which may be the calling one.</param>
    /// <returns>
    /// The children, attached. The caller disposes each object. If the process has exited, there are none, because its children have another parent.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, because it has not been started or was closed.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or there is no <c>/proc</c> for this PID namespace.</exception>
    /// <exception cref="Win32Exception"><c>/proc</c> cannot be read because descriptors or memory are short.</exception>
    /// <exception cref="AggregateException">Some children could not be checked, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The call checks each child as a tree kill does. It opens the pidfd of the child first and reads its parent second. Then it checks that the
    /// parent has not been reaped. It does not find processes that <c>/proc</c> hides from the caller (<c>hidepid</c>). Without pidfds it goes by PID
    /// and compares the start times.
    /// </remarks>
    public static Process[] GetChildrenViaPidFd(this Process process) => ProcessHandleRegistry.Default.GetChildren(process);

    /// <summary>Opens the descendants of the process that have not exited (its children, their children and so on).</summary>
    /// <param name="process">The process, which may be the calling one.</param>
    /// <returns>The descendants, attached, each after its parent. The caller disposes each object.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, because it has not been started or was closed.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or there is no <c>/proc</c> for this PID namespace.</exception>
    /// <exception cref="Win32Exception"><c>/proc</c> cannot be read because descriptors or memory are short.</exception>
    /// <exception cref="AggregateException">Some descendants could not be checked, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The call checks each descendant as <see cref="GetChildrenViaPidFd"/> does. A process whose parent had exited before the call is no descendant
    /// any more. A tree that keeps starting processes has new ones when the call returns.
    /// </remarks>
    public static Process[] GetDescendantsViaPidFd(this Process process) => ProcessHandleRegistry.Default.GetDescendants(process);

    /// <summary>Waits until the process and all its descendants have exited, including processes that start during the wait.</summary>
    /// <param name="process">The process. It may be neither the calling one nor an ancestor of it.</param>
    /// <param name="cancellationToken">Ends the wait. The processes and other waits go on.</param>
    /// <returns>
    /// A task that ends after the last exit. If the process is a child, <see cref="Process.ExitCode"/> works then, and its streams have ended, as
    /// after <see cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>. Every exception except <see cref="ArgumentException"/> is stored into the
    /// task.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process, because it has not been started or was closed. Or the calling process is in the tree, so it would wait for itself.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux, or there is no <c>/proc</c> for this PID namespace.</exception>
    /// <exception cref="Win32Exception"><c>/proc</c> cannot be read because descriptors or memory are short.</exception>
    /// <exception cref="AggregateException">Some descendants could not be checked, for example because no descriptor is free.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the last exit.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed before the last exit.</exception>
    /// <remarks>
    /// The kernel has no event for a new process, so the call lists the tree every 20 ms. It lists a large tree less often. It lists more often at
    /// first and after it has found a new process. A process whose parent exits before it is listed has left the tree, and the call does not wait for
    /// it. For example, a daemon starts another process and exits at once. The call blocks no thread and stops no process.
    /// </remarks>
    public static Task WaitForTreeExitPidFdAsync(this Process process, CancellationToken cancellationToken = default) =>
        ProcessHandleRegistry.Default.WaitForTreeExitAsync(process, cancellationToken);
}
