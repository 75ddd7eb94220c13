using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>Notes that the runtime serves a call because a call on the pidfd failed. The pidfd is kept: it still says which process is
/// meant.</summary>
internal static class FallBack
{
    public static void Note(in PinnedRun run, CallFailure failure)
    {
        string reason = failure.Describe();
        run.Attachment.NoteFallback(reason);
        PidFdMetrics.FellBack(failure.Call, SystemCallError.Name(failure.Error));
        PidFdEventSource.Log.FellBack(run.Attachment.ProcessId, reason);
    }
}
