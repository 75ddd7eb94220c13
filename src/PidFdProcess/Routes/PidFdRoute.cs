using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Routes;

// Overview
//
// Constraints: any thread may signal, wait, detach or dispose at any time; a descriptor that was closed, and perhaps
// reused, must never be touched; the runtime alone reaps.
//
// Scheme: every call holds a reference on the handle for as long as it uses it, a wait for as long as it lasts. Release closes
// the descriptor once the last of them is done, and later calls answer Stale. Who makes several calls that must mean one process pins the
// route: it is released when the last pin is gone. When the exit was seen and stock agrees, there is
// nothing left that the pidfd could answer better: it is released, so that an app holds a descriptor for each running
// process and not for each Process object.
internal sealed partial class PidFdRoute(int processId, SafePidFdHandle pidFd, PidFdPlatform platform)
    : Route(processId), IExitObserver
{
    private const int Released = 1;
    private const int ExitCounted = 2;
    private const int WaitsEnded = 4;

    private volatile bool _finished;
    private string? _lastFallback;
    private int _marks;
    private int _pins = 1;

    public override ProcessRoute Kind => _finished ? ProcessRoute.Stock : ProcessRoute.PidFd;

    public override string Reason => _finished
        ? "the process has exited; its pidfd is closed"
        : _lastFallback is { } fallback ? $"attached; the last call was served by stock: {fallback}" : "attached";

    public override string SignalCall => "pidfd_send_signal";

    /// <summary>Notes a call that stock had to serve.</summary>
    public void NoteFallback(string reason) => _lastFallback = reason;

    public override bool IsOutdated(Process process) => _finished;

    public bool CompletesInline => platform.CompletesInline;

    public override Errno Signal(Process process, int signal)
    {
        try
        {
            Errno error = platform.Kernel.PidFdSendSignal(pidFd, signal);
            return error == Errno.ESRCH ? AfterReap(process) : error;
        }
        catch (ObjectDisposedException)
        {
            return Stale;
        }
    }

    public override Errno KillTree(Process process)
    {
        try
        {
            using PidFdHold hold = new(pidFd);
            Errno error = TreeKill.Run(platform.Kernel, ProcessId, pidFd);
            return error == Errno.ESRCH ? AfterReap(process) : error;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return Stale;
        }
    }

    public override Errno Duplicate(Process process, out SafePidFdHandle? duplicate)
    {
        duplicate = null;
        try
        {
            using PidFdHold hold = new(pidFd);

            // The caller uses it without us, so that no later call would notice.
            if (IsOfFormerRun(process))
            {
                return Stale;
            }

            Errno error = platform.Kernel.Duplicate(pidFd, out SafePidFdHandle handle);
            duplicate = error == 0 ? handle : null;
            return error;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return Stale;
        }
    }

    public override void Release()
    {
        if (TryMark(Released))
        {
            Unpin();
        }
    }

    /// <summary>Keeps the pidfd open, whoever releases the route, until <see cref="Unpin"/>; fails if it is closed or of a former run.</summary>
    public bool TryPin(Process process)
    {
        int pins;
        do
        {
            pins = Volatile.Read(ref _pins);
        }
        while (pins > 0 && Interlocked.CompareExchange(ref _pins, pins + 1, pins) != pins);

        if (pins > 0 && IsOfFormerRun(process))
        {
            Unpin();
            return false;
        }

        return pins > 0;
    }

    public void Unpin()
    {
        if (Interlocked.Decrement(ref _pins) == 0)
        {
            pidFd.Dispose();
        }
    }

    public override void ReleaseIfExited(Process process)
    {
        try
        {
            using PidFdHold hold = new(pidFd);
            if (Poll(0, out bool exited) == 0 && exited)
            {
                See(process);
            }
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            // Released meanwhile.
        }
    }

    private bool IsOfFormerRun(Process process) =>
        platform.Kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH
        && StockState.Look(process, ProcessId, platform.Kernel, pidFd, IsChild) == StockView.StartedAnew;

    /// <summary>Notes that something was done; <see langword="false"/> if it had been. A full fence.</summary>
    private bool TryMark(int mark) => (Interlocked.Or(ref _marks, mark) & mark) == 0;

    private Errno AfterReap(Process process)
    {
        try
        {
            using PidFdHold hold = new(pidFd);
            return See(process) == StockView.StartedAnew ? Stale : Errno.ESRCH;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return Stale;
        }
    }
}
