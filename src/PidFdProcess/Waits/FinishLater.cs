using PidFdProcess.Handles;

namespace PidFdProcess.Waits;

/// <summary>
/// Closes the pidfd of an exited process once the process has been reaped. For calls that want the status alone and do not wait for the reap.
/// </summary>
internal sealed class FinishLater : ExitWaiter
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(ReapWait.LongestMilliseconds);

    private readonly ProcessHandle _handle;

    private FinishLater(ProcessHandle handle)
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
        if (TryFinish(handle) || !handle.TryBeginFinish())
        {
            handle.Release();
        }
        else if (handle.Add(new FinishLater(handle)).IsFailure)
        {
            // The loop cannot watch the process. The next call or the sweep closes the pidfd.
            End(handle);
        }
    }

    internal override bool OnExit() => CheckReap(TimeSpan.Zero);

    internal override bool CheckReap(TimeSpan sinceExit)
    {
        bool isOver = TryFinish(_handle) || sinceExit > s_longest;
        if (isOver)
        {
            End(_handle);
        }

        return isOver;
    }

    internal override void OnEnd(WaitEnd end) => End(_handle);

    private static void End(ProcessHandle handle)
    {
        handle.EndFinish();
        handle.Release();
    }

    private static bool TryFinish(ProcessHandle handle)
    {
        bool isKnown = handle.IsChild ? ReapWait.IsKnown(handle) : handle.IsReaped();
        if (isKnown)
        {
            handle.Finish(RunEnd.KnownToRuntime);
        }

        return isKnown;
    }
}
