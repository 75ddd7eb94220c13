using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>
/// Notes that the runtime serves a call because a system call on the pidfd failed. The pidfd is kept, because it still names the right process.
/// </summary>
internal static class FallBack
{
    /// <summary>Counts an exit that the runtime has told, for a process without a pidfd. Returns <paramref name="exited"/>.</summary>
    public static bool NoteExit(in PinnedRun run, bool exited)
    {
        if (exited && PidFdMetrics.CountsExits && run.Attachment.TryCountExit())
        {
            PidFdMetrics.Exited(nameof(ExitStatusSource.Runtime));
        }

        return exited;
    }

    public static void Note(in PinnedRun run, CallFailure failure)
    {
        string reason = failure.Describe();
        run.Attachment.NoteFallback(reason);
        PidFdMetrics.FellBack(failure.Call, failure.ErrorName);
        PidFdEventSource.Log.FellBack(run.Attachment.ProcessId, reason);
    }
}
