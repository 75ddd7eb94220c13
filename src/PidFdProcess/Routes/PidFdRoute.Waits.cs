using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Routes;

// Waits hold the pidfd for as long as they last: a Detach or Dispose meanwhile does not end them.
internal sealed partial class PidFdRoute
{
    private ExitRegistration? _watch;

    /// <summary>Gets the watch over the pidfd: one, from the first asynchronous wait on.</summary>
    public ExitRegistration Watch => _watch ?? CreateWatch();

    public override void EndWaits()
    {
        // A full fence: a wait that begins at this moment is either in the watch already, or finds the mark once it is.
        TryMark(WaitsEnded);
        _watch?.End(WaitOutcome.Disposed);
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

            NoteExit();
            switch (SettleAwake(process))
            {
                case StockView.StartedAnew:
                    return Stale;
                case StockView.Exited:
                    // As the stock property does, this raises Exited even if the app did not enable events. A handler that closes the object
                    // lets stock forget the exit: the answer does not count.
                    _ = process.HasExited;
                    break;
            }

            return 0;
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

    public override Errno WaitForExit(Process process, int milliseconds, bool forStatus, out bool exited)
    {
        exited = false;
        try
        {
            using PidFdHold hold = new(pidFd);
            Errno error = forStatus && milliseconds != 0 ? PollForStatus(milliseconds, out exited) : Poll(milliseconds, out exited);
            if (error != 0 || !exited)
            {
                return error;
            }

            NoteExit();
            StockView view = SettleAwake(process);
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

    public override Errno WaitForExitAsync(
        Process process, bool drain, CancellationToken cancellationToken, out Task task, out string call)
    {
        call = "poll";
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
                    task = DrainAsync(process, drain, cancellationToken);
                    return 0;
                case StockView.Unaware:
                    EnableEvents(process, drain);
                    return 0;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                task = CancelAsync(cancellationToken);
                return 0;
            }

            PendingWait wait = new(this, process, drain, cancellationToken);
            task = wait.Task;
            error = wait.Begin(out call);
            if ((Volatile.Read(ref _marks) & WaitsEnded) != 0)
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

    /// <summary>Waits without the watcher, where that is out of resources, for the run that the route was pinned for.</summary>
    public async Task LookUntilExitAsync(Process process, CancellationToken cancellationToken)
    {
        bool exited;
        while (WaitForExit(process, 0, forStatus: true, out exited) != Stale && !exited)
        {
            await Task.Delay(PidFdExits.LookInterval, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until stock knows of the exit, unless user code could run in that; <see langword="false"/> if the limit was over first.</summary>
    public bool TrySettle(Process process, int limit)
    {
        try
        {
            // With events on, the stock wait raises Exited.
            return process.EnableRaisingEvents || Settle(process, limit) != StockView.AboutToReap;
        }
        catch (ObjectDisposedException) when (pidFd.IsClosed)
        {
            return true;
        }
    }

    /// <summary>After the exit was reported to a pending wait: settles the stock state, then waits for what stock waits for.</summary>
    /// <returns><see langword="null"/> if, inline, the runtime has not reaped within the limit.</returns>
    public Task? FinishAsync(Process process, bool drain, bool inline, CancellationToken cancellationToken)
    {
        try
        {
            NoteExit();
            switch (inline ? SettleAwake(process, InlineCompletions.SettleLimit) : Settle(process, Timeout.Infinite))
            {
                case StockView.Exited:
                    return DrainAsync(process, drain, cancellationToken);
                case StockView.AboutToReap:
                    return null;
                case StockView.Unaware:
                    EnableEvents(process, drain);
                    break;
            }

            return Task.CompletedTask;
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
    }

    // What stock does when the process has exited: events, and the end of streams that are read by lines.
    private Task DrainAsync(Process process, bool drain, CancellationToken cancellationToken)
    {
        // A handler of Exited may have closed it a moment ago.
        if (!drain || StockState.IsClosed(process, ProcessId))
        {
            return Task.CompletedTask;
        }

        if (IsChild && !StockState.MayReadLines(process))
        {
            ExitedEvent.Raise(process);
            return Task.CompletedTask;
        }

        Task stock = process.WaitForExitAsync(cancellationToken);

        // An object that was closed or started anew meanwhile makes it a wait for nothing, or for another process.
        bool isForNothing = StockState.IsClosed(process, ProcessId)
            && (!stock.IsCompleted || stock.Exception is { InnerException: InvalidOperationException or NullReferenceException });
        return isForNothing ? Task.CompletedTask : stock;
    }

    // Stock leaves events on, and raises Exited once the parent has reaped.
    private void EnableEvents(Process process, bool drain)
    {
        if (drain && !StockState.IsClosed(process, ProcessId))
        {
            process.EnableRaisingEvents = true;
        }
    }

    // By an async method, so that it throws OperationCanceledException, as stock does, and not TaskCanceledException.
    private static async Task CancelAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask.ConfigureAwait(false);
    }

    private ExitRegistration CreateWatch()
    {
        ExitRegistration watch = new(platform.Watcher, pidFd, this);
        return Interlocked.CompareExchange(ref _watch, watch, null) ?? watch;
    }

    /// <summary>What is left of a time; none of 0, and all of -1.</summary>
    public static int TimeLeft(int milliseconds, long start) => milliseconds > 0
        ? (int)Math.Max(0, milliseconds - (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds)
        : milliseconds;

    // User code must not run with the mask set: a process that it starts would inherit it.
    private Errno PollForStatus(int milliseconds, out bool exited)
    {
        using SigChldMask mask = SigChldMask.Set();
        Errno error = Poll(milliseconds, out exited);
        if (error == 0 && exited)
        {
            OnExit();
        }

        return error;
    }

    /// <summary>Polls until the time is over, however often a signal handler interrupts.</summary>
    private Errno Poll(int milliseconds, out bool exited)
    {
        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        int left = milliseconds;
        Errno error;
        while ((error = platform.Kernel.Poll(pidFd, left, out exited)) == Errno.EINTR)
        {
            left = TimeLeft(milliseconds, start);
        }

        return error;
    }
}
