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
}
