using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Routes;

/// <summary>Why a process is on the stock route, as far as that decides about another look.</summary>
internal enum StockCause
{
    /// <summary>pidfds do not work here.</summary>
    Unsupported,

    /// <summary>Something was used up; there may be some again.</summary>
    Resource,

    /// <summary>The process has exited, and stock knows.</summary>
    Exited,
}

/// <summary>Delegates everything to the stock runtime.</summary>
internal sealed class StockRoute(int processId, StockCause cause, string reason, ExitRecord? exit = null) : Route(processId)
{
    public override ProcessRoute Kind => ProcessRoute.Stock;

    public override string Reason => reason;

    public override string SignalCall => "kill";

    public override ExitRecord? Exit => exit;

    public StockCause Cause => cause;

    // Stock never takes an exit back: if it does not know of it any more, the object has been started anew.
    public override bool IsOutdated(Process process) =>
        cause == StockCause.Resource || (cause == StockCause.Exited && !process.WaitForExit(0));

    public override Errno Signal(Process process, int signal)
    {
        // A handler of Exited, or another thread, may have started the object anew: then the run that is meant is over, and the PID a stranger's.
        if (process.WaitForExit(0) || StockState.IsClosed(process, ProcessId))
        {
            return Errno.ESRCH;
        }

        if (signal == SignalNumbers.SigKill)
        {
            process.Kill();
            return 0;
        }

        return UnixSignals.Kill(ProcessId, signal);
    }

    public override Errno KillTree(Process process)
    {
        process.Kill(entireProcessTree: true);
        return 0;
    }

    public override Errno HasExited(Process process, out bool exited)
    {
        // A handler of Exited that closes the object lets stock forget the exit.
        exited = process.HasExited || (cause == StockCause.Exited && StockState.IsClosed(process, ProcessId));
        return 0;
    }

    public override Errno WaitForExit(Process process, int milliseconds, bool forStatus, out bool exited)
    {
        exited = process.WaitForExit(milliseconds);
        return 0;
    }

    public override Errno WaitForExitAsync(
        Process process, bool drain, CancellationToken cancellationToken, out Task task, out string call)
    {
        call = "";
        task = StockWait.WaitForExitAsync(process, drain, cancellationToken);
        return 0;
    }

    public override Errno Duplicate(Process process, out SafePidFdHandle? pidFd)
    {
        pidFd = null;
        return 0;
    }

    public override void Release()
    {
    }

    public override void ReleaseIfExited(Process process)
    {
    }

    public override void EndWaits()
    {
    }
}
