using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

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
    private ExitRecord? _exit;
    private volatile bool _isReapedByOthers;
    private int _marks;
    private int _pins = 1;

    public override ProcessRoute Kind => _finished ? ProcessRoute.Stock : ProcessRoute.PidFd;

    public override string Reason => _finished
        ? "the process has exited; its pidfd is closed"
        : _lastFallback is { } fallback ? $"attached; the last call was served by stock: {fallback}" : "attached";

    public override string SignalCall => "pidfd_send_signal";

    public override ExitRecord? Exit => Volatile.Read(ref _exit);

    /// <summary>Notes a call that stock had to serve.</summary>
    public void NoteFallback(string reason) => _lastFallback = reason;

    public override bool IsOutdated(Process process) => _finished;

    public bool CompletesInline => platform.CompletesInline;

    // waitid answers for children alone, of which native code may have forked some that the runtime does not reap.
    private bool IsChild => Exit is { Source: ExitStatusSource.WaitId } && !_isReapedByOthers;

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
            Errno error = ProcessTree.Kill(platform.Kernel, ProcessId, pidFd);
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

    /// <summary>Reads the exit status, once: whoever sees the exit first is the likeliest to find it. Runs no user code.</summary>
    public void OnExit()
    {
        if (Exit is null)
        {
            Interlocked.CompareExchange(ref _exit, ExitRecord.Read(platform.Kernel, pidFd, ProcessId), null);
        }
    }

    /// <summary>Gets how the process ended, read now if it has exited and nobody saw it yet.</summary>
    public ExitRecord? ReadExit()
    {
        try
        {
            using PidFdHold hold = new(pidFd);
            if (Exit is null && Poll(0, out bool exited) == 0 && exited)
            {
                OnExit();
            }
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            // Released: what was to be seen has been.
        }

        return Exit;
    }

    // Apart from the reading: who listens to the meter is user code, which the watcher's thread and one that masks SIGCHLD must not run.
    private void NoteExit()
    {
        OnExit();
        if (TryMark(ExitCounted))
        {
            PidFdMetrics.Exited(Exit?.Source ?? ExitStatusSource.Unknown);
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

    private StockView See(Process process)
    {
        NoteExit();
        return Finish(process, StockState.Look(process, ProcessId, platform.Kernel, pidFd, IsChild));
    }

    private StockView SettleAwake(Process process, int limit = Timeout.Infinite)
    {
        NoteExit();
        if (IsChild)
        {
            StockState.YieldUntilReaped(platform.Kernel, pidFd);
        }

        return Settle(process, limit);
    }

    private StockView Settle(Process process, int limit)
    {
        OnExit();
        return Finish(process, StockState.Settle(process, ProcessId, platform.Kernel, pidFd, IsChild, limit));
    }

    private StockView Finish(Process process, StockView view)
    {
        if (view == StockView.Exited)
        {
            _finished = true;
            Release();
        }
        else if (view == StockView.Unaware)
        {
            _isReapedByOthers = true;
            if (StockState.IsClosed(process, ProcessId))
            {
                // The object has no more use for this attachment.
                Release();
            }
        }

        return view;
    }
}
