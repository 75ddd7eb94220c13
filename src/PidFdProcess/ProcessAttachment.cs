using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess;

/// <summary>The route of one run of a process, and the reason for it. Made by <see cref="ProcessHandleRegistry.Attach"/>.</summary>
/// <remarks>A <see cref="Process"/> object that is restarted gets a new attachment, even if the new run has the same PID.</remarks>
public sealed class ProcessAttachment
{
    // The reason why there is no pidfd, or why the runtime served the last call.
    private string? _reason;
    private int _isExitCounted;

    internal ProcessAttachment(ProcessHandle handle)
    {
        ProcessId = handle.ProcessId;
        Run = handle.Run;
        Handle = handle;
    }

    internal ProcessAttachment(int processId, in RunIdentity run, StockCause cause, string reason)
    {
        ProcessId = processId;
        Run = run;
        Cause = cause;
        _reason = reason;
    }

    /// <summary>Gets the PID of the process at the time of the attachment.</summary>
    public int ProcessId { get; }

    /// <summary>
    /// Gets the present route. <see cref="ProcessRoute.PidFd"/> becomes <see cref="ProcessRoute.Stock"/> once the exit was seen and the process was
    /// reaped, because the pidfd is closed then.
    /// </summary>
    public ProcessRoute Route => Handle is { RunEnd: RunEnd.None } ? ProcessRoute.PidFd : ProcessRoute.Stock;

    /// <summary>Gets the reason for the route, in words that a person can act on.</summary>
    public string Reason => Handle switch
    {
        null => _reason!,
        { RunEnd: RunEnd.KnownToRuntime } => "the process has exited, and its pidfd is closed",
        { RunEnd: RunEnd.UnknownToRuntime } =>
            "the process has exited, and its pidfd is closed. Other code of this program has reaped it, so the runtime does not know of the exit",
        _ => _reason is { } fallback ? $"attached; the runtime served the last call: {fallback}" : "attached",
    };

    /// <summary>Gets the run that this attachment belongs to.</summary>
    internal RunIdentity Run { get; }

    /// <summary>Gets the pidfd of the run, or <see langword="null"/> on the stock route.</summary>
    internal ProcessHandle? Handle { get; }

    /// <summary>Gets why there is no pidfd.</summary>
    internal StockCause Cause { get; }

    /// <summary>Gets whether the run has ended and no pidfd is left, so that no call may signal it.</summary>
    internal bool IsOver => Handle is { } handle ? handle.RunEnd != RunEnd.None : Cause is StockCause.Exited;

    /// <inheritdoc/>
    public override string ToString() => $"process {ProcessId}: {Route} ({Reason})";

    /// <summary>Notes why the runtime had to serve a call.</summary>
    internal void NoteFallback(string reason) => _reason = reason;

    /// <summary>Returns whether this is the first call, so that an exit that the runtime has told is counted once.</summary>
    internal bool TryCountExit() => Interlocked.Exchange(ref _isExitCounted, 1) == 0;

    /// <summary>Returns whether the object still has this run, and a new attempt cannot find a better route.</summary>
    internal bool IsCurrentIn(Process process) => Run.IsCurrentIn(process) && Cause != StockCause.Resource;
}
