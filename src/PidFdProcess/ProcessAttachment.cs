using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess;

/// <summary>The route of one run of a process, and the reason for it. Made by <see cref="ProcessHandleRegistry.Attach"/>.</summary>
/// <remarks>A <see cref="Process"/> object that is restarted gets a new attachment, even if the new run has the same PID.</remarks>
public sealed class ProcessAttachment
{
    // A ProcessHandle, or a StockRun if there is no pidfd.
    private readonly object _target;

    // Why the runtime served the last call.
    private string? _fallback;

    internal ProcessAttachment(ProcessHandle handle) => _target = handle;

    internal ProcessAttachment(StockRun run) => _target = run;

    /// <summary>Gets the PID of the process at the time of the attachment.</summary>
    public int ProcessId => Handle?.ProcessId ?? Stock.ProcessId;

    /// <summary>
    /// Gets the present route. <see cref="ProcessRoute.PidFd"/> becomes <see cref="ProcessRoute.Stock"/> once the exit was seen and the process was
    /// reaped, because the pidfd is closed then.
    /// </summary>
    public ProcessRoute Route => Handle is { RunEnd: RunEnd.None } ? ProcessRoute.PidFd : ProcessRoute.Stock;

    /// <summary>Gets the reason for the route, in words that a person can act on.</summary>
    public string Reason => Handle switch
    {
        null => _fallback ?? Stock.Reason,
        { RunEnd: RunEnd.KnownToRuntime } => "the process has exited, and its pidfd is closed",
        { RunEnd: RunEnd.UnknownToRuntime } =>
            "the process has exited, and its pidfd is closed. Other code of this program has reaped it, so the runtime does not know of the exit",
        _ => _fallback is { } fallback ? $"attached. {fallback}" : "attached",
    };

    /// <summary>Gets the run that this attachment belongs to.</summary>
    internal RunIdentity Run => Handle?.Run ?? Stock.Run;

    /// <summary>Gets the handle of the run, also after the exit, or <see langword="null"/> if there never was a pidfd.</summary>
    internal ProcessHandle? Handle => _target as ProcessHandle;

    /// <summary>Gets why there is no pidfd.</summary>
    internal StockCause Cause => Handle is null ? Stock.Cause : StockCause.None;

    /// <summary>Gets the run without a pidfd, or <see langword="null"/> if there was one.</summary>
    internal StockRun? WithoutPidFd => _target as StockRun;

    /// <summary>
    /// Gets whether the runtime has started the process. Without a pidfd, the runtime goes by the PID of a fetched process. If a non-child
    /// has the PID of a former child, the runtime takes it for that child.
    /// </summary>
    internal bool IsChild => Handle?.IsChild ?? (Run.IsStarted || RuntimeChildren.Knows(ProcessId));

    private StockRun Stock => (StockRun)_target;

    /// <summary>Gets whether the run has ended and no pidfd is left, so that no call may signal it.</summary>
    internal bool IsOver => Handle is { } handle ? handle.RunEnd != RunEnd.None : Cause is StockCause.Exited;

    /// <inheritdoc/>
    public override string ToString() => $"process {ProcessId}: {Route.ToString()} ({Reason})";

    /// <summary>Notes why the runtime had to serve a call.</summary>
    internal void NoteFallback(string reason) => _fallback = reason;

    /// <summary>Returns whether this is the first call, so that an exit that the runtime has told is counted once.</summary>
    internal bool TryCountExit() => Handle?.TryCountExit() ?? Stock.TryCountExit();

    /// <summary>Returns whether the object still has this run, and a new attempt cannot find a better route.</summary>
    internal bool IsCurrentIn(Process process) => Run.IsCurrentIn(process) && Cause != StockCause.Resource;
}
