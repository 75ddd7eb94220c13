using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using Signum = Mono.Unix.Native.Signum;

namespace PidFdProcess;

// Overview
//
// The facade of the library. It maps each public call to the code that does it.
//
// Constraints: The program can close and restart a Process object, and this library is not told. Only the runtime reaps. Every call acts on one run.
//
// Scheme: Each member is one call. The work is in Calls, which pins the run that the object has and acts on that run alone. The layers, from the top:
//
//     CompilerServices  what generated code calls (above all)
//     Scopes            processes that are stopped together (above this type, which they name)
//     Calls             what one public call does
//     Attachments       the run of each object (the table of weak keys, the sweep, the opening of a run)
//     Waits             pending waits, and after the exit the reap, the end of the streams, and the event Exited
//     Handles           the pidfd of one run, the event loop, the exit status, the probe
//     Runtime           the stock members of Process, and what the runtime knows of an exit
//     Linux             system calls, layouts, /proc, trees
// A layer names only the layers below it, as a test checks. Diagnostics names no layer, and all layers may name it. ProcessAttachment belongs to
// Attachments and SafePidFdHandle to Linux, because these layers make them. All layers but Linux may name the other public data types.

/// <summary>Attaches pidfds to <see cref="Process"/> objects, so that every call acts on the process that was attached.</summary>
/// <remarks>
/// <para>
/// All members are thread-safe. Where pidfds do not work (see <see cref="Support"/>), they call the stock runtime or go by PID. The members that need
/// Linux name <see cref="PlatformNotSupportedException"/>.
/// </para>
/// <para>
/// A process that this program started can be attached at any time, because its PID is not free until the runtime has reaped it. If native code of
/// the program reaps children (<c>waitpid(-1)</c>, SIGCHLD ignored), attach a child at its start. The pidfd of a non-child names the process that
/// held the PID at the time of the attachment. So attach a non-child early, or open it with <see cref="Open(int)"/>.
/// </para>
/// <para>
/// Each registry has attachments of its own, and the extension methods use <see cref="Default"/>. A non-child that one registry has opened is
/// attached again by the first call in another registry, which duplicates the first pidfd. If the first registry has detached the process, that call
/// goes by the PID, which may have a new owner.
/// </para>
/// <para>
/// In a registry that is disposed, every call that needs a pidfd throws <see cref="ObjectDisposedException"/>. An asynchronous call stores it into
/// the task. <see cref="Support"/>, <see cref="Count"/>, <see cref="TryGetAttachment"/> and <see cref="Detach"/> do not throw.
/// </para>
/// </remarks>
public sealed class ProcessHandleRegistry : IDisposable
{
    private readonly AttachmentTable _runs;

    /// <summary>Initializes a registry. Reads the operator's switches (see <see cref="PidFdSupport"/>).</summary>
    public ProcessHandleRegistry()
        : this(AttachmentTable.OfThisProgram())
    {
    }

    internal ProcessHandleRegistry(AttachmentTable runs) => _runs = runs;

    /// <summary>Gets the registry that the extension methods of <see cref="Process"/> use.</summary>
    public static ProcessHandleRegistry Default { get; } = new(AttachmentTable.OfContext());

    internal AttachmentTable Runs => _runs;

    /// <summary>Gets whether pidfds work here, and the reason if they do not. The first use probes the kernel.</summary>
    public PidFdSupport Support => _runs.Support;

    /// <summary>Gets how many objects are attached and not yet disposed, detached or collected. Enumerates all of them.</summary>
    public int Count => _runs.Count;

    /// <summary>Attaches a pidfd to the process, unless it has one. Without a pidfd, the attachment tells the reason.</summary>
    /// <param name="process">A process that was started or obtained by PID.</param>
    /// <returns>The attachment. Further calls for the same run return the same one, unless descriptors or memory were short.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, or its PID means a group of processes or a thread.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>Opens the pidfd first and asks the runtime second, see <c>pidfd_open(2)</c>. Raises no event.</remarks>
    public ProcessAttachment Attach(Process process) => _runs.Attach(process);

    /// <summary>
    /// Opens a process by its PID without a race. Opens the pidfd first and the <see cref="Process"/> second, and then checks that the pidfd's
    /// process still holds the PID.
    /// </summary>
    /// <param name="processId">The PID.</param>
    /// <returns>The process, attached in this registry alone. Without pidfds it comes from <see cref="Process.GetProcessById(int)"/>.</returns>
    /// <exception cref="ArgumentException">No process has this PID, it is not positive, or it is the id of a thread.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// The stock members of the object go by PID. A child of this program may have had that PID before. While the Process object of that child is not
    /// disposed, the stock <see cref="Process.HasExited"/> answers for that child. <see cref="HasExited"/> of this registry does not.
    /// </remarks>
    public Process Open(int processId) => OpenCalls.Open(_runs, processId);

    /// <inheritdoc cref="ProcessIdentityExtensions.GetIdentityViaPidFd"/>
    public ProcessIdentity GetIdentity(Process process) => OpenCalls.GetIdentity(_runs, process);

    /// <summary>Opens the process that the identity names, and never another one (see <see cref="ProcessIdentity"/> for Linux before 6.9).</summary>
    /// <param name="identity">An identity that this program or another one got from <see cref="GetIdentity"/>, perhaps long ago.</param>
    /// <returns>The process, attached.</returns>
    /// <exception cref="ArgumentException">
    /// The process has been reaped, the machine has been booted since, or the process is not visible in this PID namespace.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The identity cannot be compared here (see <see cref="PidFdSupport.IdentityReason"/>).
    /// </exception>
    /// <exception cref="Win32Exception">A system call failed for another reason, for example because no descriptor is free.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public Process Open(ProcessIdentity identity) => OpenCalls.Open(_runs, identity);

    /// <inheritdoc cref="ProcessIdentityExtensions.OpenParentViaPidFd"/>
    public Process OpenParent(Process process) => OpenCalls.OpenParent(_runs, process);

    /// <summary>Opens the parent of this program, for example to end when it ends, or to stop it.</summary>
    /// <returns>The process, attached in <see cref="Default"/>. If the launcher has ended, it is the process that has adopted this program.</returns>
    /// <exception cref="InvalidOperationException">The parent is not visible in this PID namespace, so it has no PID here.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static Process OpenParent() => OpenCalls.OpenOwnParent(Default._runs);

    /// <summary>Looks up the attachment of a process without attaching it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="attachment">Its attachment, or <see langword="null"/> if there is none.</param>
    /// <returns><see langword="true"/> if the present run of the object is attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    public bool TryGetAttachment(Process process, [NotNullWhen(true)] out ProcessAttachment? attachment) =>
        (attachment = _runs.FindCurrent(process)) is not null;

    /// <summary>
    /// Forgets the attachment and closes its pidfd. Calls and waits that have begun keep the pidfd open and go on until they end. The next call on
    /// the process attaches it again. For a non-child it goes by PID, so that it may reach another process that has got the PID.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns><see langword="true"/> if the process was attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    public bool Detach(Process process) => _runs.Remove(process);

    /// <summary>
    /// Detaches all processes. Ends the asynchronous waits for an exit that began in this registry, with <see cref="ObjectDisposedException"/>. If a
    /// process has exited, a wait for the end of its streams goes on. A blocked <see cref="WaitForExit(Process, int)"/> goes on, too.
    /// <see cref="Default"/> stays usable afterwards. Any other registry does not.
    /// </summary>
    public void Dispose() => _runs.Clear(isForGood: !ReferenceEquals(this, Default));

    /// <inheritdoc cref="ProcessPidFdExtensions.KillViaPidFd(Process)"/>
    public void Kill(Process process) => SignalCalls.Kill(_runs, process);

    /// <inheritdoc cref="ProcessPidFdExtensions.KillViaPidFd(Process, bool)"/>
    public void Kill(Process process, bool entireProcessTree) => SignalCalls.Kill(_runs, process, entireProcessTree);

    /// <inheritdoc cref="ProcessStopExtensions.KillDescendantsViaPidFd"/>
    public void KillDescendants(Process process) => SignalCalls.KillDescendants(_runs, process);

    /// <inheritdoc cref="ProcessPidFdExtensions.SignalViaPidFd(Process, PosixSignal)"/>
    public bool Signal(Process process, PosixSignal signal) => SignalCalls.Send(_runs, process, signal);

    /// <inheritdoc cref="ProcessPidFdExtensions.SignalViaPidFd(Process, Signum)"/>
    public bool Signal(Process process, Signum signal) => SignalCalls.SendRaw(_runs, process, (int)signal);

    /// <inheritdoc cref="ProcessGroupExtensions.SignalGroupViaPidFd"/>
    public bool SignalGroup(Process process, PosixSignal signal, bool includeOwnGroup = false) =>
        SignalCalls.SendToGroup(_runs, process, signal, includeOwnGroup);

    /// <inheritdoc cref="ProcessPidFdExtensions.HasExitedPidFd(Process)"/>
    public bool HasExited(Process process) => WaitCalls.HasExited(_runs, process);

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFd(Process, int)"/>
    public bool WaitForExit(Process process, int milliseconds) => WaitCalls.WaitForExit(_runs, process, milliseconds);

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>
    public Task WaitForExitAsync(Process process, CancellationToken cancellationToken = default) =>
        WaitCalls.WaitForExitAsync(_runs, process, waitForStreams: true, cancellationToken);

    /// <inheritdoc cref="ProcessOutputExtensions.WaitForExitOnlyPidFd"/>
    public void WaitForExitOnly(Process process) => WaitCalls.WaitForExitOnly(_runs, process);

    /// <inheritdoc cref="ProcessOutputExtensions.WaitForExitOnlyPidFdAsync"/>
    public Task WaitForExitOnlyAsync(Process process, CancellationToken cancellationToken = default) =>
        WaitCalls.WaitForExitAsync(_runs, process, waitForStreams: false, cancellationToken);

    /// <inheritdoc cref="ProcessOutputExtensions.WaitForExitAndOutputPidFdAsync"/>
    public Task<bool> WaitForExitAndOutputAsync(Process process, TimeSpan outputTimeout, CancellationToken cancellationToken = default) =>
        WaitCalls.WaitForExitAndOutputAsync(_runs, process, outputTimeout, cancellationToken);

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitStatusPidFd"/>
    public PidFdExitStatus WaitForExitStatus(Process process) => WaitCalls.WaitForStatus(_runs, process);

    /// <inheritdoc cref="ProcessPidFdExtensions.TryWaitForExitStatusPidFd"/>
    public bool TryWaitForExitStatus(Process process, TimeSpan timeout, [NotNullWhen(true)] out PidFdExitStatus? status) =>
        (status = WaitCalls.TryWaitForStatus(_runs, process, timeout)) is not null;

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitStatusPidFdAsync"/>
    public Task<PidFdExitStatus> WaitForExitStatusAsync(Process process, CancellationToken cancellationToken = default) =>
        WaitCalls.WaitForStatusAsync(_runs, process, cancellationToken);

    /// <inheritdoc cref="ProcessPidFdExtensions.WhenAnyExitPidFdAsync"/>
    public Task<Process> WhenAnyExitAsync(IEnumerable<Process> processes, CancellationToken cancellationToken = default) =>
        WaitCalls.WhenAnyExitAsync(_runs, processes, cancellationToken);

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitOrKillPidFd"/>
    public PidFdExitStatus WaitForExitOrKill(Process process, TimeSpan timeout) => WaitForExitOrKill(process, timeout, entireProcessTree: false);

    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFd"/>
    public PidFdExitStatus WaitForExitOrKill(Process process, TimeSpan timeout, bool entireProcessTree) =>
        SignalCalls.WaitOrKill(_runs, process, timeout, entireProcessTree);

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitOrKillPidFdAsync"/>
    public Task<PidFdExitStatus> WaitForExitOrKillAsync(Process process, CancellationToken cancellationToken) =>
        WaitForExitOrKillAsync(process, cancellationToken, entireProcessTree: false);

    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFdAsync(Process, CancellationToken, bool)"/>
    [SuppressMessage("Design", "CA1068", Justification = "The token is what this overload waits for. The other one has a limit.")]
    public Task<PidFdExitStatus> WaitForExitOrKillAsync(Process process, CancellationToken cancellationToken, bool entireProcessTree) =>
        SignalCalls.WaitOrKillAsync(_runs, process, entireProcessTree, cancellationToken);

    /// <inheritdoc cref="ProcessStopExtensions.WaitForExitOrKillPidFdAsync(Process, TimeSpan, bool, CancellationToken)"/>
    public Task<PidFdExitStatus> WaitForExitOrKillAsync(
        Process process, TimeSpan timeout, bool entireProcessTree = false, CancellationToken cancellationToken = default) =>
        SignalCalls.WaitOrKillAsync(_runs, process, timeout, entireProcessTree, cancellationToken);

    /// <inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync"/>
    public Task<PidFdExitStatus> StopAsync(
        Process process,
        TimeSpan gracePeriod,
        PosixSignal signal = PosixSignal.SIGTERM,
        bool entireProcessTree = false,
        CancellationToken cancellationToken = default) =>
        SignalCalls.StopAsync(_runs, process, gracePeriod, signal, entireProcessTree, cancellationToken);

    /// <inheritdoc cref="ProcessStopExtensions.StopViaPidFdAsync(Process, ProcessStopOptions, CancellationToken)"/>
    public Task<PidFdExitStatus> StopAsync(Process process, ProcessStopOptions options, CancellationToken cancellationToken) =>
        SignalCalls.StopAsync(_runs, process, options, cancellationToken);

    /// <inheritdoc cref="ProcessStopExtensions.StopViaPidFd(Process, TimeSpan, PosixSignal, bool)"/>
    public PidFdExitStatus Stop(
        Process process, TimeSpan gracePeriod, PosixSignal signal = PosixSignal.SIGTERM, bool entireProcessTree = false) =>
        SignalCalls.Stop(_runs, process, gracePeriod, signal, entireProcessTree);

    /// <inheritdoc cref="ProcessStopExtensions.StopViaPidFd(Process, ProcessStopOptions)"/>
    public PidFdExitStatus Stop(Process process, ProcessStopOptions options) => SignalCalls.Stop(_runs, process, options);

    /// <inheritdoc cref="ProcessPidFdExtensions.TryGetPidFd"/>
    public bool TryGetPidFd(Process process, [NotNullWhen(true)] out SafePidFdHandle? handle) =>
        (handle = OpenCalls.Duplicate(_runs, process)) is not null;

    /// <inheritdoc cref="ProcessPidFdExtensions.StartWithPidFd"/>
    internal bool Start(Process process) => OpenCalls.Start(_runs, process);
}
