using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Routes;

// What the route learns of the exit, and what becomes of it once stock knows.
internal sealed partial class PidFdRoute
{
    private ExitRecord? _exit;
    private volatile bool _isReapedByOthers;

    public override ExitRecord? Exit => Volatile.Read(ref _exit);

    // waitid answers for children alone, of which native code may have forked some that the runtime does not reap.
    private bool IsChild => Exit is { Source: ExitStatusSource.WaitId } && !_isReapedByOthers;

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

    private StockView See(Process process)
    {
        NoteExit();
        return Finish(process, StockState.Look(process, ProcessId, platform.Kernel, pidFd, IsChild));
    }

    private StockView SettleAwake(Process process, int limit = Timeout.Infinite)
    {
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
