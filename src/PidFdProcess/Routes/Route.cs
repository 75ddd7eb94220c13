using System.Diagnostics;
using Mono.Unix.Native;

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

    /// <summary>Is another look at the process due, even though the object still has the same PID?</summary>
    public abstract bool IsOutdated(Process process);

    /// <summary>Sends SIGKILL. ESRCH: the process has been reaped.</summary>
    public abstract Errno Kill(Process process);

    public abstract Errno HasExited(Process process, out bool exited);

    public abstract Errno WaitForExit(Process process, int milliseconds, out bool exited);

    public abstract Errno WaitForExitAsync(Process process, CancellationToken cancellationToken, out Task task);

    public abstract Errno Duplicate(out SafePidFdHandle? pidFd);

    /// <summary>Lets go of what the route holds. Calls and waits under way keep their own hold.</summary>
    public abstract void Release();

    /// <summary>Lets go if the process has exited and stock knows; looks without blocking.</summary>
    public abstract void ReleaseIfExited(Process process);

    /// <summary>Ends pending waits with <see cref="ObjectDisposedException"/>.</summary>
    public abstract void EndWaits();
}
