using System.Diagnostics;
using Mono.Unix.Native;
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
internal sealed class PidFdRoute(int processId, SafePidFdHandle pidFd, PidFdPlatform platform) : Route(processId)
{
    private const int SigKill = (int)Signum.SIGKILL;

    private volatile bool _finished;
    private string? _lastFallback;
    private ExitWatch? _watch;
    private int _waitsEnded;

    public override ProcessRoute Kind => _finished ? ProcessRoute.Stock : ProcessRoute.PidFd;

    public override string Reason => _finished
        ? "the process has exited; its pidfd is closed"
        : _lastFallback is { } fallback ? $"attached; the last call was served by stock: {fallback}" : "attached";

    /// <summary>Notes a call that stock had to serve.</summary>
    public void NoteFallback(string reason) => _lastFallback = reason;

    public override bool IsOutdated(Process process) => _finished;

    public override Errno Kill(Process process)
    {
        try
        {
            Errno error = platform.Kernel.PidFdSendSignal(pidFd, SigKill);
            return error == Errno.ESRCH && See(process) == StockView.StartedAnew ? Stale : error;
        }
        catch (ObjectDisposedException)
        {
            return Stale;
        }
    }

    public override Errno HasExited(Process process, out bool exited)
    {
        exited = false;
        try
        {
            using PidFdHold hold = new(pidFd);
            Errno error = Poll(0, out exited);
            if (error != 0 || !exited)
            {
                return error;
            }

            switch (Settle(process))
            {
                case StockView.StartedAnew:
                    return Stale;
                case StockView.Exited:
                    // As the stock property does, this raises Exited even if the app did not enable events.
                    exited = process.HasExited;
                    break;
            }

            return 0;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return Stale;
        }
    }

    public override Errno WaitForExit(Process process, int milliseconds, out bool exited)
    {
        exited = false;
        try
        {
            using PidFdHold hold = new(pidFd);
            Errno error = Poll(milliseconds, out exited);
            if (error != 0 || !exited)
            {
                return error;
            }

            StockView view = Settle(process);
            if (view == StockView.Exited && milliseconds == Timeout.Infinite && !StockState.IsClosed(process, ProcessId))
            {
                // Returns at once but for redirected streams that are read by lines: it waits for their end.
                process.WaitForExit();
            }

            return view == StockView.StartedAnew ? Stale : 0;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return Stale;
        }
        catch (Exception e) when (exited && StockState.IsFromClosedProcess(e, process, ProcessId))
        {
            return 0;
        }
    }

    public override Errno WaitForExitAsync(Process process, CancellationToken cancellationToken, out Task task)
    {
        task = Task.CompletedTask;
        try
        {
            using PidFdHold hold = new(pidFd);
            Errno error = Poll(0, out bool exited);
            if (error != 0)
            {
                return error;
            }

            switch (exited ? See(process) : StockView.AboutToReap)
            {
                case StockView.StartedAnew:
                    return Stale;
                case StockView.Exited:
                    task = process.WaitForExitAsync(cancellationToken);
                    return 0;
                case StockView.Unaware:
                    return 0;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                task = Task.FromCanceled(cancellationToken);
                return 0;
            }

            ExitWait wait = new(this, process, EnsureWatch(), cancellationToken);
            task = wait.Task;
            error = wait.Begin();
            if (Volatile.Read(ref _waitsEnded) != 0)
            {
                EndWaits();
            }

            return error;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return Stale;
        }
    }

    public override Errno Duplicate(out SafePidFdHandle? duplicate)
    {
        try
        {
            Errno error = platform.Kernel.Duplicate(pidFd, out SafePidFdHandle handle);
            duplicate = error == 0 ? handle : null;
            return error;
        }
        catch (ObjectDisposedException)
        {
            duplicate = null;
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

    public override void EndWaits()
    {
        // A full fence: a wait that begins at this moment is either in the watch already, or finds the mark once it is.
        Interlocked.Exchange(ref _waitsEnded, 1);
        _watch?.End(WatchOutcome.Disposed);
    }

    /// <summary>After the exit was reported to a pending wait: settles the stock state, then waits for what stock waits for.</summary>
    public Task FinishAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            if (Settle(process) != StockView.Exited)
            {
                return Task.CompletedTask;
            }

            // Ends at once but for redirected streams that are read by lines; it also leaves EnableRaisingEvents on, as stock does.
            Task stock = process.WaitForExitAsync(cancellationToken);

            // An object that was closed or started anew meanwhile makes it a wait for nothing, or for another process.
            return stock.IsCompleted || !StockState.IsClosed(process, ProcessId) ? stock : Task.CompletedTask;
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
    }

    private ExitWatch EnsureWatch()
    {
        if (_watch is { } watch)
        {
            return watch;
        }

        watch = new ExitWatch(platform.Watcher, pidFd);
        return Interlocked.CompareExchange(ref _watch, watch, null) ?? watch;
    }

    private StockView See(Process process) => Finish(StockState.Look(process, ProcessId, platform.Kernel, pidFd));

    private StockView Settle(Process process) => Finish(StockState.Settle(process, ProcessId, platform.Kernel, pidFd));

    private StockView Finish(StockView view)
    {
        if (view == StockView.Exited)
        {
            _finished = true;
            Release();
        }

        return view;
    }

    /// <summary>Polls until the time is over, however often a signal handler interrupts.</summary>
    private Errno Poll(int milliseconds, out bool exited)
    {
        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        int left = milliseconds;
        Errno error;
        while ((error = platform.Kernel.Poll(pidFd, left, out exited)) == Errno.EINTR)
        {
            if (milliseconds > 0)
            {
                left = (int)Math.Max(0, milliseconds - (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return error;
    }
}
