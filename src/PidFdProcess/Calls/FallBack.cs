using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>
/// Notes that the runtime serves a call because a system call on the pidfd failed. The pidfd is kept, because it still names the right process.
/// </summary>
internal static class FallBack
{
    public static void Note(in PinnedRun run, CallFailure failure)
    {
        string reason = failure.Describe();
        run.Attachment.NoteFallback(reason);
        PidFdMetrics.FellBack(failure.Call, failure.ErrorName);
        PidFdEventSource.Log.FellBack(run.Attachment.ProcessId, reason);
    }
}
