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
// the descriptor once the last of them is done, and later calls answer Stale. When the exit was seen and stock agrees, there is
// nothing left that the pidfd could answer better: it is released, so that an app holds a descriptor for each running
// process and not for each Process object.
internal sealed partial class PidFdRoute(int processId, SafePidFdHandle pidFd, PidFdPlatform platform)
    : Route(processId), IExitObserver
{
    private volatile bool _finished;
    private string? _lastFallback;
    private ExitRecord? _exit;
    private int _exitsCounted;

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

    // waitid answers for children alone.
    private bool IsChild => Exit is { Source: ExitStatusSource.WaitId };

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
            if (platform.Kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH
                && StockState.Look(process, ProcessId, platform.Kernel, pidFd, IsChild) == StockView.StartedAnew)
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

    public override void Release() => pidFd.Dispose();

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

    /// <summary>Reads the exit status, once: whoever sees the exit first is the likeliest to find it.</summary>
    public void OnExit()
    {
        if (Exit is not null)
        {
            return;
        }

        ExitRecord? exit = ExitRecord.Read(platform.Kernel, pidFd, ProcessId);
        Interlocked.CompareExchange(ref _exit, exit, null);
        if (Interlocked.Exchange(ref _exitsCounted, 1) == 0)
        {
            PidFdMetrics.Exited(exit?.Source ?? ExitStatusSource.Unknown);
        }
    }

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
        OnExit();
        return Finish(process, StockState.Look(process, ProcessId, platform.Kernel, pidFd, IsChild));
    }

    private StockView SettleAwake(Process process, int limit = Timeout.Infinite)
    {
        OnExit();
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
        else if (view == StockView.Unaware && StockState.IsClosed(process, ProcessId))
        {
            // The object has no more use for this attachment.
            Release();
        }

        return view;
    }
}
