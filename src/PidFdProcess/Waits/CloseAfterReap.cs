using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Closes the pidfd of an exited process once the process has been reaped. For calls that want the status alone and do not wait for the reap.
/// </summary>
internal sealed class CloseAfterReap : ExitWaiter
{
    private readonly ProcessHandle _handle;

    /// <summary>Makes a wait that takes over a reference of the caller.</summary>
    internal CloseAfterReap(ProcessHandle handle)
        : base(TaskCreationOptions.None) => _handle = handle;

    internal override bool IsPending => true;

    /// <summary>Closes the pidfd now if the process has been reaped. Otherwise the event loop or a poll closes it later.</summary>
    public static void Begin(ProcessHandle handle)
    {
        if (handle.RunEnd != RunEnd.None || !handle.TryAddRef())
        {
            return;
        }

        bool isWaiting = false;
        try
        {
            // One wait serves all calls. A program may ask for the status of a zombie again and again.
            isWaiting = !TryClose(handle) && handle.TryBeginCloseAfterReap();
        }
        finally
        {
            // Also if the thread has a pending interrupt, with which the look throws.
            if (!isWaiting)
            {
                handle.Release();
            }
        }

        if (isWaiting)
        {
            CloseAfterReap wait = new(handle);
            if (handle.Add(wait).IsFailure)
            {
                wait.Poll();
            }
        }
    }

    internal override bool OnExit() => CheckReap(TimeSpan.Zero);

    internal override bool CheckReap(TimeSpan sinceExit)
    {
        if (!TryClose(_handle))
        {
            if (sinceExit <= ReapWait.Longest)
            {
                return false;
            }

            if (_handle.IsReaped())
            {
                // Other code has reaped the child, and the runtime will never know.
                _handle.NoteReaped();
            }
        }

        End(_handle);
        return true;
    }

    internal override void OnEnd(WaitEnd end) => End(_handle);

    /// <summary>Checks for the reap until it is over, because the event loop cannot watch the process.</summary>
    private void Poll()
    {
        long start = Stopwatch.GetTimestamp();
        _ = Pause.UntilAsync(() => IsOver(start), PollLoop.Interval, CancellationToken.None);
    }

    private bool IsOver(long start)
    {
        if (CheckReap(Stopwatch.GetElapsedTime(start)))
        {
            return true;
        }

        if (!_handle.Owner.IsDisposed)
        {
            return false;
        }

        End(_handle);
        return true;
    }

    private static void End(ProcessHandle handle)
    {
        handle.EndCloseAfterReap();
        handle.Release();
    }

    private static bool TryClose(ProcessHandle handle)
    {
        bool isKnown = handle.IsChild ? ReapWait.IsKnown(handle) : handle.IsReaped();
        if (isKnown)
        {
            handle.NoteEnd(RunEnd.KnownToRuntime);
        }

        return isKnown;
    }
}
