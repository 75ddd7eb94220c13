using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

// Overview
//
// Opens the pidfd of the run that an object has, and never the pidfd of another process with the same PID.
//
// Constraints: The PID that pidfd_open takes may have a new owner. The PID of a child is not free until the child is reaped. Usually the runtime
// reaps it. Other code of the program may reap it first (waitpid(-1)), or the kernel (SIGCHLD ignored). An attachment must not raise Exited, because
// the stock calls that it precedes do not.
//
// Scheme: Open the pidfd first, and then ask the runtime whether the process has exited. If the runtime knows of no exit of a child, waitid tells
// whether the pidfd's process is a child of this program. If it is, the pidfd is of this run. If it is not, the run is over and another process may
// have the PID.

/// <summary>Opens pidfds for runs.</summary>
internal sealed class RunOpener(IKernel kernel, IWaitOwner owner)
{
    /// <summary>Opens the run that the object has now. The attachment tells the reason if there is no pidfd.</summary>
    /// <param name="process">The object.</param>
    /// <param name="support">Whether pidfds work.</param>
    /// <param name="before">The attachment that the object had until now, if any.</param>
    /// <exception cref="InvalidOperationException">The object has no process.</exception>
    public ProcessAttachment Open(Process process, PidFdSupport support, ProcessAttachment? before)
    {
        ExitedRegistration.RenewIfFormer(process);
        for (;;)
        {
            // The run is read first. If the object still has it after its PID was read, the PID is that of the run.
            RunIdentity run = RunIdentity.Of(process);
            int processId = process.Id;
            CheckId(processId);
            if (!run.IsCurrentIn(process))
            {
                continue;
            }

            if (!support.IsSupported)
            {
                if (OperatingSystem.IsLinux() && !run.IsStarted && ThreadId.IsOfThread(processId))
                {
                    throw IsThread(processId, support.Reason);
                }

                StockCause cause = support.IsFinal ? StockCause.Unsupported : StockCause.Resource;
                return Stock(processId, run, cause, support.Reason, ProvenRun(process, run, before)?.StartTicks ?? 0);
            }

            SafePidFdHandle? pidFd = null;
            try
            {
                bool hasExited = false;
                bool isKnown = !run.IsStarted && FetchedRuns.TryOpen(process, owner, out pidFd, out hasExited);
                Errno error = isKnown ? 0 : kernel.PidFdOpen(processId, out pidFd);

                // A duplicate of the pidfd of another registry tells how a non-child has ended, even if the runtime knows of the exit. The runtime
                // knows more of a child.
                hasExited |= (!isKnown || RuntimeChildren.Knows(processId)) && !IsUnknownToRuntime(process, run, processId, error)
                    && ExitedEvent.KnowsWithoutRaising(process, run) && !IsRefusalTakenForExit(run, processId, error);
                if (!run.IsCurrentIn(process))
                {
                    // The object was restarted during the call, so the pidfd may be of either run or of another process.
                    continue;
                }

                StockRun? proven = ProvenRun(process, run, before);
                Errno unproven = proven is null || hasExited ? 0 : proven.Compare(kernel, out hasExited);
                ProcessAttachment? attachment = hasExited ? Exited(processId, run)
                    : error == 0 && unproven != 0 && !run.IsStarted ? Unproven(processId, run, unproven, proven!)
                    : AttachmentOf(processId, run, pidFd!, error, proven?.StartTicks ?? 0);
                pidFd = attachment?.Handle is null ? pidFd : null;
                if (attachment is not null)
                {
                    return attachment;
                }
            }
            catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
            {
                // Another thread has restarted or closed the object during the call. The next turn opens the new run, or throws.
            }
            finally
            {
                pidFd?.Dispose();
            }
        }
    }

    /// <summary>
    /// Makes an attachment with a pidfd that is known to be of the run. If few descriptors are left, notes the start time of the process and closes
    /// the pidfd. If the start time of a fetched process cannot be read, the pidfd stays open.
    /// </summary>
    /// <param name="processId">The PID.</param>
    /// <param name="run">The run.</param>
    /// <param name="pidFd">The pidfd, which this method owns from now on.</param>
    /// <param name="startTicks">The start time that was noted before. It stays if the start time cannot be read.</param>
    public ProcessAttachment AdoptOrNote(int processId, in RunIdentity run, SafePidFdHandle pidFd, long startTicks = 0)
    {
        if (!DescriptorLimit.LeavesHeadroom((int)pidFd.DangerousGetHandle()))
        {
            bool isRead = kernel.ReadProcStat(processId, out ProcStat stat) == 0;
            bool isReaped = kernel.IsReaped(pidFd);
            long ticks = isRead && !isReaped ? stat.StartTicks : startTicks;
            if (ticks != 0 || run.IsStarted || isReaped)
            {
                pidFd.Dispose();

                // Another process may have the PID of a reaped one.
                return isReaped && !run.IsStarted ? Exited(processId, run) : WithoutHeadroom(processId, run, ticks);
            }

            // Nothing but the pidfd names the process.
        }

        return new ProcessAttachment(new ProcessHandle(processId, pidFd, run, owner));
    }

    /// <summary>
    /// Returns whether the runtime has no state of the process, so that it cannot know of an exit. A question would create that state, which takes
    /// more memory than the handle.
    /// </summary>
    private static bool IsUnknownToRuntime(Process process, in RunIdentity run, int processId, Errno openError) =>
        !run.IsStarted && openError == 0 && !RuntimeExit.HasState(process) && !RuntimeChildren.Knows(processId);

    /// <summary>
    /// Returns whether the runtime mistakes a refused signal for an exit. For a non-child, the runtime calls kill(2) and takes every errno except
    /// EPERM for an exit. A security module may refuse that signal with EACCES, although the process runs. The pidfd could be opened, so the process
    /// exists.
    /// </summary>
    private bool IsRefusalTakenForExit(in RunIdentity run, int processId, Errno openError) =>
        !run.IsStarted && openError == 0 && kernel.Kill(processId, 0) == Errno.EACCES;

    /// <summary>Finds the run of the object that has no pidfd, in this registry or in another. Its start time may be known.</summary>
    private StockRun? ProvenRun(Process process, in RunIdentity run, ProcessAttachment? before)
    {
        StockRun? own = before?.Run.IsSameAs(run) == true ? before.WithoutPidFd : null;
        return own is { StartTicks: not 0 } || run.IsStarted ? own : FetchedRuns.FindWithoutPidFd(process, owner);
    }

    private static ProcessAttachment Exited(int processId, in RunIdentity run) =>
        Stock(processId, run, StockCause.Exited, "the process had exited before it was attached");

    private static void CheckId(int processId)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (processId <= 0)
        {
            // GetProcessById accepts these numbers, and kill(2) signals a group of processes, or all processes, by them.
            throw new InvalidOperationException($"The object has no process, because {processId} is no PID. A PID must be positive.");
        }
    }

    /// <summary>Returns the attachment of a run that had not exited when the pidfd was opened.</summary>
    private ProcessAttachment? AttachmentOf(int processId, in RunIdentity run, SafePidFdHandle pidFd, Errno error, long startTicks)
    {
        if (error == 0)
        {
            if (run.IsStarted && ErrnoTable.Means(ErrnoTable.WaitId, kernel.WaitIdNoWait(pidFd, out _, out _), ErrnoMeaning.NotAChild))
            {
                // The child was reaped, and the PID has a new owner or none.
                return Exited(processId, run);
            }

            return AdoptOrNote(processId, run, pidFd, startTicks);
        }

        ErrnoMeaning meaning = ErrnoTable.MeaningOf(ErrnoTable.PidFdOpen, error);
        if (meaning == ErrnoMeaning.NotAProcess)
        {
            // Before Linux 6.15, pidfd_open also answers this for a process that is just being reaped.
            meaning = run.IsStarted || !ThreadId.IsOfThread(processId)
                ? ErrnoMeaning.Gone
                : throw IsThread(processId, SystemCallError.Describe(ErrnoTable.PidFdOpen, error));
        }

        return meaning switch
        {
            ErrnoMeaning.Gone => Exited(processId, run),
            ErrnoMeaning.OutOfResources => Failed(
                processId, run, StockCause.Resource, SystemCallError.Describe(ErrnoTable.PidFdOpen, error), startTicks),
            _ => Failed(processId, run, StockCause.Unsupported, SystemCallError.Describe(ErrnoTable.PidFdOpen, error), startTicks),
        };
    }

    private static ProcessAttachment WithoutHeadroom(int processId, in RunIdentity run, long startTicks) => Failed(
        processId, run, StockCause.Resource, "few descriptors are left, and they are for the program (raise RLIMIT_NOFILE)", startTicks);

    // The pidfd may be of another process.
    private static ProcessAttachment Unproven(int processId, in RunIdentity run, Errno error, StockRun proven)
    {
        string reason = SystemCallError.Describe(proven.StatFile, error, "it is not known whether the process still has its PID");
        return Failed(processId, run, StockCause.Resource, reason, proven.StartTicks);
    }

    private static ProcessAttachment Failed(int processId, in RunIdentity run, StockCause cause, string reason, long startTicks = 0)
    {
        PidFdEventSource.Log?.FellBack(processId, reason);
        return Stock(processId, run, cause, reason, startTicks);
    }

    private static ProcessAttachment Stock(int processId, in RunIdentity run, StockCause cause, string reason, long startTicks = 0) =>
        new(new StockRun(processId, run, cause, reason, startTicks));

    private static InvalidOperationException IsThread(int id, string reason) =>
        new($"The object has no process, because {id} is the id of a thread ({reason}). Use the PID of its process.");
}
