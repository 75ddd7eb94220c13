using PidFdProcess.Handles;

namespace PidFdProcess.Waits;

/// <summary>
/// Closes the pidfd of an exited process once the process has been reaped. For calls that want the status alone and do not wait for the reap.
/// </summary>
internal sealed class CloseAfterReap : ExitWaiter
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(ReapWait.LongestMilliseconds);

    private readonly ProcessHandle _handle;

    private CloseAfterReap(ProcessHandle handle)
        : base(TaskCreationOptions.None) => _handle = handle;

    internal override bool IsPending => true;

    /// <summary>Closes the pidfd now if the process has been reaped. Otherwise the event loop closes it later.</summary>
    public static void Begin(ProcessHandle handle)
    {
        if (handle.RunEnd != RunEnd.None || !handle.TryAddRef())
        {
            return;
        }

        // One wait serves all calls. A program may ask for the status of a zombie again and again.
        if (TryClose(handle) || !handle.TryBeginCloseAfterReap())
        {
            handle.Release();
        }
        else if (handle.Add(new CloseAfterReap(handle)).IsFailure)
        {
            // The loop cannot watch the process. The next call or the sweep closes the pidfd.
            End(handle);
        }
    }

    internal override bool OnExit() => CheckReap(TimeSpan.Zero);

    internal override bool CheckReap(TimeSpan sinceExit)
    {
        bool isOver = TryClose(_handle) || sinceExit > s_longest;
        if (isOver)
        {
            End(_handle);
        }

        return isOver;
    }

    internal override void OnEnd(WaitEnd end) => End(_handle);

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
