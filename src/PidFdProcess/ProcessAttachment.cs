using PidFdProcess.Routes;

namespace PidFdProcess;

/// <summary>What <see cref="ProcessHandleRegistry.Attach"/> made of a process: the route it has, and why.</summary>
/// <remarks>
/// Belongs to one run of the process. A <see cref="System.Diagnostics.Process"/> object that is started anew gets a new one.
/// </remarks>
public sealed class ProcessAttachment
{
    internal ProcessAttachment(Route handler) => Handler = handler;

    /// <summary>Gets the PID of the process at the time of the attachment.</summary>
    public int ProcessId => Handler.ProcessId;

    /// <summary>
    /// Gets who does the work now. <see cref="ProcessRoute.PidFd"/> becomes <see cref="ProcessRoute.Stock"/> when the exit was
    /// seen and the runtime knows of it: the pidfd is closed then.
    /// </summary>
    public ProcessRoute Route => Handler.Kind;

    /// <summary>Gets why, in words a person can act on.</summary>
    public string Reason => Handler.Reason;

    internal Route Handler { get; }

    /// <inheritdoc/>
    public override string ToString() => $"process {ProcessId}: {Route} ({Reason})";
}
