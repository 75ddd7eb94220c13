using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Routes;

namespace PidFdProcess;

// Overview
//
// Constraints: an entry must not keep its Process object alive; a Process object can be closed and started again without telling
// anybody; an object without pidfd must not pretend to have one; nothing here may reap or block under a lock.
//
// Scheme: a table of weak keys maps each Process object to an entry, which holds its attachment and stays when that is taken out, for
// the table frees removed keys late and finds others slowly until then. An attachment belongs to one run of the process; it is
// never changed but replaced, under a lock that covers the entries alone. Every call compares the PID of the
// object with that of the attachment; the one restart that this misses, under the same PID, is caught by the route when the old
// pidfd turns out to be reaped (StockState), unless the new run has ended too by then. A descriptor is closed when the exit was seen, at
// Detach, when the sweep or a call finds the object closed, at the latest when the object is collected.

/// <summary>
/// Attaches pidfds to <see cref="Process"/> objects, remembers them, and routes kills and waits through them.
/// </summary>
/// <remarks>
/// <para>
/// All members are thread-safe. Where pidfds do not work (another OS than Linux, Linux before 5.4, seccomp, or an operator's
/// switch; see <see cref="Support"/>), every member delegates to the stock runtime.
/// </para>
/// <para>
/// A process that this program started cannot be confused with another one, whenever it is attached: its PID is not free until the
/// runtime has reaped it. For any other process the pidfd names whoever held the PID at the time of the attachment: attach early, or
/// use <see cref="Open(int)"/>.
/// </para>
/// </remarks>
public sealed partial class ProcessHandleRegistry : IDisposable
{
    private static readonly Lazy<ProcessHandleRegistry> s_default = new(() => new ProcessHandleRegistry());

    private readonly ConditionalWeakTable<Process, Entry> _entries = [];
    private readonly object _gate = new();
    private readonly PidFdPlatform? _platform;
    private readonly PidFdSupport? _override;
    private volatile bool _disposed;

    /// <summary>Initializes a registry. Reads the operator's switches; see <see cref="PidFdSupport"/>.</summary>
    public ProcessHandleRegistry()
        : this(OperatingSystem.IsLinux() ? PidFdPlatform.Shared : null)
    {
    }

    internal ProcessHandleRegistry(PidFdPlatform? platform)
    {
        _platform = platform;
        _override = PidFdSupport.DisabledByOperator() ?? (platform is null ? PidFdSupport.NotLinux : null);
    }

    /// <summary>Gets the registry that the extension methods of <see cref="Process"/> use.</summary>
    public static ProcessHandleRegistry Default => s_default.Value;

    /// <summary>Gets whether pidfds work here, and if not, why. The first use tries them out.</summary>
    public PidFdSupport Support => _override ?? _platform!.Support;

    /// <summary>
    /// Gets how many Process objects are attached, on either route; after the exit until the object is disposed, detached or collected.
    /// Takes time in proportion.
    /// </summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach ((Process process, Entry entry) in _entries)
            {
                count += entry.Attachment is not { } attachment || ForgetIfClosed(process, attachment) ? 0 : 1;
            }

            return count;
        }
    }

    /// <summary>
    /// Attaches a pidfd to the process, unless that has been done. Never fails because pidfds do not work: the attachment says which
    /// route the process has, and why.
    /// </summary>
    /// <param name="process">A process that was started or obtained by PID.</param>
    /// <returns>The attachment; the same one as long as nothing about it changes.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">
    /// The object has no process: it has not been started, or was closed, or its PID is not positive and means a group of processes.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    /// <remarks>
    /// Opens the pidfd first and asks the runtime second: what it has not reaped by then cannot be another process. See
    /// <c>pidfd_open(2)</c>.
    /// </remarks>
    public ProcessAttachment Attach(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        ObjectDisposedException.ThrowIf(_disposed, this);

        int processId = process.Id;
        if (processId <= 0 && !OperatingSystem.IsWindows())
        {
            // GetProcessById takes these, and kill(2) by then signals a group of processes, or all.
            throw new InvalidOperationException($"The object has no process: {processId} is no PID, a PID is positive.");
        }

        if (Find(process) is not { } attachment)
        {
            return Replace(process, null, Choose(process, processId, previous: null));
        }

        return attachment.ProcessId == processId && !attachment.Handler.IsOutdated(process)
            ? attachment
            : Replace(process, attachment, Choose(process, processId, attachment.Handler));
    }

    /// <summary>
    /// Names a process by its PID without a race: opens the pidfd first, then the <see cref="Process"/>, then checks that the pidfd's
    /// process still holds the PID.
    /// </summary>
    /// <param name="processId">The PID.</param>
    /// <returns>The process, attached. Without pidfd: what <see cref="Process.GetProcessById(int)"/> returns.</returns>
    /// <exception cref="ArgumentException">No such process, as <see cref="Process.GetProcessById(int)"/> says.</exception>
    /// <exception cref="ObjectDisposedException">The registry is disposed.</exception>
    public Process Open(int processId)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (processId <= 0)
        {
            // kill(2) takes these for groups of processes; nobody who names one process means that.
            throw new ArgumentException($"Process with an Id of {processId} is not running: a PID is positive.", nameof(processId));
        }

        SafePidFdHandle pidFd = new();
        if (Support.IsSupported && _platform!.Kernel.PidFdOpen(processId, out pidFd) == Errno.ESRCH)
        {
            throw Gone(processId);
        }

        if (!pidFd.IsInvalid)
        {
            return OpenOwned(processId, pidFd);
        }

        Process process = Process.GetProcessById(processId);
        try
        {
            Attach(process);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Attaches a pidfd, which the attachment owns from now on, to a new <see cref="Process"/>. Checks that the pidfd's process still holds the PID
    /// after the object was made. Closes the pidfd if it throws.
    /// </summary>
    /// <exception cref="ArgumentException">The process is gone.</exception>
    internal Process OpenOwned(int processId, SafePidFdHandle pidFd)
    {
        Process? process = null;
        try
        {
            process = Process.GetProcessById(processId);
            if (_platform!.Kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH)
            {
                throw Gone(processId);
            }

            Replace(process, null, new PidFdRoute(processId, pidFd, _platform));
            return process;
        }
        catch
        {
            pidFd.Dispose();
            process?.Dispose();
            throw;
        }
    }

    /// <summary>Looks up the attachment of a process without attaching it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="attachment">Its attachment, if there is one.</param>
    /// <returns><see langword="true"/> if the process, in its present run, is attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    public bool TryGetAttachment(Process process, [NotNullWhen(true)] out ProcessAttachment? attachment)
    {
        ArgumentNullException.ThrowIfNull(process);
        attachment = Find(process) is { } found && !ForgetIfClosed(process, found) ? found : null;
        return attachment is not null;
    }

    /// <summary>
    /// Forgets the attachment and closes its pidfd. Calls and waits under way go on: they hold the pidfd until they end, with the exit.
    /// The next call on the process attaches anew.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns><see langword="true"/> if the process was attached.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    public bool Detach(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return Forget(process);
    }

    /// <summary>
    /// Detaches all processes. Pending asynchronous waits end with <see cref="ObjectDisposedException"/>; a blocked
    /// <see cref="WaitForExit(Process, int)"/> goes on. <see cref="Default"/> stays usable, any other registry does not.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = !(s_default.IsValueCreated && ReferenceEquals(this, s_default.Value));
        }

        foreach ((Process process, Entry entry) in _entries)
        {
            if (entry.Attachment is { } attachment)
            {
                Forget(process, attachment);
                attachment.Handler.EndWaits();
            }
        }
    }

    private static ArgumentException Gone(int processId) =>
        new($"Process with an Id of {processId} is not running: pidfd_open: ESRCH (no such process).", nameof(processId));
}
