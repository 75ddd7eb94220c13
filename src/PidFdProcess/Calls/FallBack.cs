using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>
/// Notes that the runtime serves a call because a system call on the pidfd failed. The pidfd is kept, because it still names the right process.
/// </summary>
internal static class FallBack
{
    public static void Note(in PinnedRun run, CallFailure failure)
    {
        Note(run, failure, "The runtime served the last call: ");

        // A pending wait may have turned events on without the runtime, which now has to tell the exit.
        WaitEvents.Register(run.Process, run.Attachment.Run);
    }

    /// <summary>Notes that a call killed a process alone, because its tree could not be listed.</summary>
    public static void NoteWithoutTree(in PinnedRun run, CallFailure failure) =>
        Note(run, failure, "The last call killed the process without its descendants: ");

    private static void Note(in PinnedRun run, CallFailure failure, string what)
    {
        string reason = failure.Describe();
        run.Attachment.NoteFallback(what + reason);
        PidFdMetrics.FellBack(failure.Call, failure.ErrorName);
        PidFdEventSource.Log?.FellBack(run.Attachment.ProcessId, reason);
    }
}
