using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Runtime;

/// <summary>
/// Which run of a Process object is meant. An object can be closed and restarted, also with the same PID, so neither the object nor the PID says it.
/// </summary>
/// <remarks>
/// Each start of an object makes a new <see cref="SafeProcessHandle"/>, so the reference to it names the run. An object that was fetched by PID
/// has no StartInfo, and it gets one before it is started, so its fetched run is the one without. The handle keeps no Process object alive.
/// </remarks>
internal readonly struct RunIdentity : IEquatable<RunIdentity>
{
    private readonly SafeProcessHandle? _started;

    private RunIdentity(SafeProcessHandle? started) => _started = started;

    /// <summary>Gets whether this process started the run through this object. The runtime reaps such a run.</summary>
    public bool IsStarted => _started is not null;

    /// <summary>
    /// Gets whether the object of a started run was closed or restarted, so that the runtime cannot be asked about the run any more.
    /// </summary>
    public bool IsClosed => _started is { IsClosed: true };

    /// <summary>The run that the object has now. The caller makes sure that it has one.</summary>
    public static RunIdentity Of(Process process) => new(ProcessFields.StartedHandle(process));

    /// <summary>Whether the object still has this run: it was neither closed nor restarted.</summary>
    public bool IsCurrentIn(Process process) => _started is not null
        ? ReferenceEquals(ProcessFields.StartedHandle(process), _started) && !_started.IsClosed
        : ProcessFields.StartedHandle(process) is null && StockCalls.HasProcess(process);

    /// <summary>As <see cref="IsCurrentIn"/>, for a caller that knows that the object has a process.</summary>
    public bool IsCurrentInOpen(Process process) => ReferenceEquals(ProcessFields.StartedHandle(process), _started);

    /// <summary>Opens the runtime's event for the reap; <see langword="null"/> for a fetched run, or if the object was closed.</summary>
    public ReapedEvent? OpenReapedEvent() => _started is null ? null : ReapedEvent.TryOpen(_started);

    /// <summary>Whether the runtime knows that it has reaped the run. Asks the event, so it raises nothing.</summary>
    public bool IsReaped()
    {
        using ReapedEvent? reaped = OpenReapedEvent();
        return reaped is not null && reaped.WaitOne(0);
    }

    public bool Equals(RunIdentity other) => ReferenceEquals(_started, other._started);

    public override bool Equals(object? obj) => obj is RunIdentity other && Equals(other);

    public override int GetHashCode() => _started?.GetHashCode() ?? 0;
}
