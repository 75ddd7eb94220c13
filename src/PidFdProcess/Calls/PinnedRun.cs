using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;

namespace PidFdProcess.Calls;

// A call pins the run that the object has when it begins, and then acts on that run alone. Closing or restarting the object during the call neither
// spares the original process nor reaches another one. This is the only place that looks a run up again.

/// <summary>One run of a process, held for one call: a reference to its pidfd, or the knowledge that it has none.</summary>
internal readonly struct PinnedRun : IDisposable
{
    private PinnedRun(ProcessAttachment attachment, ProcessHandle? handle)
    {
        Attachment = attachment;
        Handle = handle;
    }

    public ProcessAttachment Attachment { get; }

    /// <summary>Gets the pidfd; <see langword="null"/> if the run is over or the runtime has to serve the call.</summary>
    public ProcessHandle? Handle { get; }

    /// <summary>Gets whether the run has ended and was reaped, so that its PID may be a stranger's.</summary>
    public bool IsOver => Handle is null && Attachment.IsOver;

    /// <summary>Attaches the object unless that was done, and holds its present run until the struct is disposed.</summary>
    public static PinnedRun Of(AttachmentTable runs, Process process)
    {
        for (;;)
        {
            ProcessAttachment attachment = runs.Attach(process);
            if (attachment.Handle is not { RunEnd: RunEnd.None } handle)
            {
                return new PinnedRun(attachment, null);
            }

            if (handle.TryAddRef())
            {
                return new PinnedRun(attachment, handle);
            }

            // Another thread has detached or finished the run in this moment.
            if (handle.RunEnd == RunEnd.None)
            {
                runs.Remove(process, attachment);
            }
        }
    }

    public void Dispose() => Handle?.Release();
}
