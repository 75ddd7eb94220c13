using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PidFdProcess.Calls;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess;

// Names that outlive this program, and processes that are opened by something else than a PID.
public sealed partial class ProcessHandleRegistry
{
    /// <summary>Gets the kernel that the registry's pidfds come from.</summary>
    internal IKernel Kernel => _platform?.Kernel ?? LinuxKernel.Instance;

    /// <summary>Gets or sets how processes are named and found again; tests replace it.</summary>
    internal PidFs PidFs { get; init; } = PidFs.Shared;

    /// <inheritdoc cref="ProcessIdentityExtensions.GetIdentityViaPidFd"/>
    public ProcessIdentity GetIdentity(Process process) => IdentityCalls.GetIdentity(this, process);

    /// <summary>Opens the process that the identity names, and never another one.</summary>
    /// <param name="identity">An identity that this program or another one made with <see cref="GetIdentity"/>, perhaps long ago.</param>
    /// <returns>The process, attached.</returns>
    /// <exception cref="ArgumentException">
    /// The process is gone: it has been reaped, or this is another boot of the machine, or the process is not visible in this PID namespace.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The identity cannot be compared here: this is not Linux, or it has nothing but a pidfs id and there are none here (see
    /// <see cref="PidFdSupport.IdentityReason"/>), or <c>/proc</c> is not mounted.
    /// </exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, such as no free descriptor.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// <para>How the process is found depends on the kernel, see <see cref="PidFdSupport.IdentityMethod"/>:</para>
    /// <list type="bullet">
    /// <item>Linux 6.14 and later: by its pidfs id alone with <c>open_by_handle_at(2)</c>. The process may have another PID in this PID namespace.</item>
    /// <item>Linux 6.9 and later: by its PID. The pidfs id of the pidfd is compared.</item>
    /// <item>Before: by its PID. The start ticks are compared. They are 10 ms fine, so they do not tell apart two processes
    /// that had the same PID within 10 ms.</item>
    /// <item>Without pidfds: by its PID. The start ticks are compared before and after the <see cref="Process"/> is made.</item>
    /// </list>
    /// </remarks>
    public Process Open(ProcessIdentity identity) => IdentityCalls.Open(this, identity);

    /// <summary>Opens the process that the identity names, if it is there still. See <see cref="Open(ProcessIdentity)"/>.</summary>
    /// <param name="identity">The identity.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns><see langword="false"/> if the process is gone.</returns>
    /// <exception cref="PlatformNotSupportedException">The identity cannot be compared here.</exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, such as no free descriptor.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public bool TryOpen(ProcessIdentity identity, [NotNullWhen(true)] out Process? process) => IdentityCalls.TryOpen(this, identity, out process);

    /// <summary>Names a process by its PID without a race, if there is one. See <see cref="Open(int)"/>.</summary>
    /// <param name="processId">The PID.</param>
    /// <param name="process">The process, attached.</param>
    /// <returns><see langword="false"/> if no process has this PID.</returns>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public bool TryOpen(int processId, [NotNullWhen(true)] out Process? process) => OpenCalls.TryOpen(this, processId, out process);

    internal void RequireNotDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}
