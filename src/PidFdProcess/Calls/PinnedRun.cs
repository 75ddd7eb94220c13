using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

// Overview
//
// Makes all steps of a call act on one run.
//
// Constraints: Another thread may close, restart or detach the object during a call. The call must neither spare the original process nor reach
// another one.
//
// Scheme: A call pins the run that the object has when the call begins, and acts on that run alone. If another thread has released the
// pidfd before it is pinned, the run is looked up again.

/// <summary>One run of a process, pinned for one call. Holds a reference to its pidfd, if it has one.</summary>
internal readonly struct PinnedRun : IDisposable
{
    private PinnedRun(AttachmentTable runs, Process process, ProcessAttachment attachment, ProcessHandle? handle)
    {
        Runs = runs;
        Process = process;
        Attachment = attachment;
        Handle = handle;
    }

    /// <summary>Gets the table in which the run is attached.</summary>
    public AttachmentTable Runs { get; }

    /// <summary>Gets the object that had the run when it was pinned. Another thread may have closed or restarted it since.</summary>
    public Process Process { get; }

    public ProcessAttachment Attachment { get; }

    /// <summary>Gets the pidfd, or <see langword="null"/> if the run is over or the runtime has to serve the call.</summary>
    public ProcessHandle? Handle { get; }

    public IKernel Kernel => Runs.Platform.Kernel;

    /// <summary>Gets whether the object still has this run, so that it was neither closed nor restarted.</summary>
    public bool IsCurrent => Attachment.Run.IsCurrentIn(Process);

    /// <summary>Gets whether the run has ended and was reaped, so that another process may have its PID.</summary>
    public bool IsOver => Handle is null && Attachment.IsOver;

    /// <summary>Attaches the object if it is not attached, and pins its present run until the struct is disposed.</summary>
    public static PinnedRun Of(AttachmentTable runs, Process process)
    {
        for (;;)
        {
            ProcessAttachment attachment = runs.Attach(process);
            if (attachment.Handle is not { RunEnd: RunEnd.None } handle)
            {
                return new PinnedRun(runs, process, attachment, null);
            }

            if (handle.TryAddRef())
            {
                return new PinnedRun(runs, process, attachment, handle);
            }

            // Another thread has just detached or finished the run.
            if (handle.RunEnd == RunEnd.None)
            {
                runs.Remove(process, attachment);
            }
        }
    }

    /// <summary>
    /// Returns whether the run has ended and only its PID is left to go by, which another process may have. Asks the runtime if there is no pidfd.
    /// Raises nothing.
    /// </summary>
    /// <param name="throwIfUnknown">Whether a call by PID follows, which must not hit another process.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It is not known, because <c>/proc</c> cannot be read.</exception>
    public bool HasLostId(bool throwIfUnknown = true) => Handle is null
        && (IsOver
            || ExitedEvent.KnowsWithoutRaising(Process, Attachment.Run)
            || !IsCurrent
            || Attachment.WithoutPidFd?.HasLostProof(Kernel, throwIfUnknown) == true);

    /// <summary>
    /// Reads the start time of a run without a pidfd. To be called before <see cref="HasLostId"/>. If that finds the PID to be the run's, it was the
    /// run's at this read, too. Otherwise a later owner of the PID could be taken for the root of a tree.
    /// </summary>
    public RootStart ReadStart()
    {
        if (Handle is not null || !OperatingSystem.IsLinux())
        {
            return default;
        }

        long known = Attachment.WithoutPidFd?.StartTicks ?? 0;
        if (known != 0)
        {
            return RootStart.At(known);
        }

        Errno error;
        ProcStat stat;
        do
        {
            error = Kernel.ReadProcStat(Attachment.ProcessId, out stat);
        }
        while (SystemCallError.IsResource(error) && SpareDescriptors.TryRelease());
        return error == 0 ? RootStart.At(stat.StartTicks) : RootStart.Unreadable(error);
    }

    /// <summary>Counts an exit that the runtime has told, once for each run. Returns <paramref name="exited"/>.</summary>
    public bool CountIfExited(bool exited)
    {
        if (exited && PidFdMetrics.CountsExits && Attachment.TryCountExit())
        {
            PidFdMetrics.Exited(nameof(ExitStatusSource.Runtime));
        }

        return exited;
    }

    public void Dispose() => Handle?.Release();
}
