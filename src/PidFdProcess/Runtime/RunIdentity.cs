using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Runtime;

/// <summary>
/// Names one run of a Process object. An object can be closed and restarted, and the new process may get the same PID. So neither the object nor the
/// PID names the run.
/// </summary>
/// <remarks>
/// Each start of an object makes a new <see cref="SafeProcessHandle"/>, so the reference to it names the run. An object that was fetched by PID has
/// no StartInfo until it is started, so its run without a StartInfo is the fetched one. The handle keeps no Process object alive.
/// </remarks>
internal readonly struct RunIdentity
{
    private readonly SafeProcessHandle? _started;

    private RunIdentity(SafeProcessHandle? started) => _started = started;

    /// <summary>Gets whether this process started the run through this object. If so, the runtime reaps it.</summary>
    public bool IsStarted => _started is not null;

    /// <summary>
    /// Gets whether the object of a started run was closed or restarted, or the program has disposed <see cref="Process.SafeHandle"/>. The event of
    /// the reap is closed then.
    /// </summary>
    public bool IsClosed => _started is { IsClosed: true };

    /// <summary>The run that the object has now. If it has none, the run of a process that was not started.</summary>
    public static RunIdentity Of(Process process) => new(ProcessFields.StartedHandle(process));

    /// <summary>Whether the object still has this run, so that it was neither closed nor restarted.</summary>
    /// <remarks>
    /// The program may dispose <see cref="Process.SafeHandle"/>, and the object keeps its process. Close() disposes the handle, too, before it drops
    /// the handle and the process.
    /// </remarks>
    public bool IsCurrentIn(Process process) => _started is not null
        ? ReferenceEquals(ProcessFields.StartedHandle(process), _started) && (!_started.IsClosed || ProcessIdField.HasProcess(process))
        : ProcessFields.IsNeverStarted(process) && ProcessIdField.HasProcess(process);

    /// <summary>Gets the runtime's event for the exit, or <see langword="null"/> for a fetched run.</summary>
    public SafeWaitHandle? ExitedEvent => _started is null ? null : RegistrationFields.EventOf(_started);

    /// <summary>Opens the runtime's event for the reap. Returns <see langword="null"/> for a fetched run, or if the object was closed.</summary>
    public ReapedEvent? OpenReapedEvent() => _started is null ? null : ReapedEvent.TryOpen(_started);

    /// <summary>Whether the runtime knows that it has reaped the run. Asks the event, so it raises nothing.</summary>
    public bool IsReaped()
    {
        using ReapedEvent? reaped = OpenReapedEvent();
        return reaped is not null && reaped.WaitOne(0);
    }

    /// <summary>Whether both name the same run of one object.</summary>
    public bool IsSameAs(in RunIdentity other) => ReferenceEquals(_started, other._started);
}
