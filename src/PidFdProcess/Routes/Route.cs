using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Routes;

/// <summary>
/// One way to serve a process. Every call returns 0 when it is done, else the errno that kept it from its work; the registry
/// decides what then. What the stock runtime would throw is thrown.
/// </summary>
internal abstract class Route(int processId)
{
    /// <summary>The answer of a route that has been released, or whose Process object has been started anew: attach again.</summary>
    public const Errno Stale = Errno.ESTALE;

    public int ProcessId { get; } = processId;

    public abstract ProcessRoute Kind { get; }

    public abstract string Reason { get; }

    /// <summary>Gets the name of the call that sends a signal, for messages.</summary>
    public abstract string SignalCall { get; }

    /// <summary>Gets how the process ended, as far as that is known.</summary>
    public abstract ExitRecord? Exit { get; }

    /// <summary>Is another look at the process due, even though the object still has the same PID?</summary>
    public abstract bool IsOutdated(Process process);

    /// <summary>Sends a signal by its number. ESRCH: the process has exited.</summary>
    public abstract Errno Signal(Process process, int signal);

    /// <summary>SIGKILL for the process and its descendants. ESRCH: the process has exited.</summary>
    public abstract Errno KillTree(Process process);

    public abstract Errno HasExited(Process process, out bool exited);

    /// <param name="process">The process.</param>
    /// <param name="milliseconds">For how long, -1 for ever.</param>
    /// <param name="forStatus">Whether the caller asks for the exit status.</param>
    /// <param name="exited">Whether the process has exited.</param>
    public abstract Errno WaitForExit(Process process, int milliseconds, bool forStatus, out bool exited);

    /// <param name="process">The process.</param>
    /// <param name="drain">Whether to wait for the end of streams that are read by lines, too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="task">The wait.</param>
    /// <param name="call">The call that failed, if one did.</param>
    public abstract Errno WaitForExitAsync(
        Process process, bool drain, CancellationToken cancellationToken, out Task task, out string call);

    public abstract Errno Duplicate(Process process, out SafePidFdHandle? pidFd);

    /// <summary>Lets go of what the route holds. Calls and waits under way keep their own hold.</summary>
    public abstract void Release();

    /// <summary>Lets go if the process has exited and stock knows; looks without blocking.</summary>
    public abstract void ReleaseIfExited(Process process);

    /// <summary>Ends pending waits with <see cref="ObjectDisposedException"/>.</summary>
    public abstract void EndWaits();
}
