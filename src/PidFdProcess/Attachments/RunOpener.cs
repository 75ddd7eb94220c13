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
    /// <exception cref="InvalidOperationException">The object has no process.</exception>
    public ProcessAttachment Open(Process process, PidFdSupport support)
    {
        for (;;)
        {
            int processId = process.Id;
            RunIdentity run = RunIdentity.Of(process);
            CheckId(processId);
            if (!support.IsSupported)
            {
                return Stock(processId, run, support.IsFinal ? StockCause.Unsupported : StockCause.Resource, support.Reason);
            }

            SafePidFdHandle? pidFd = null;
            try
            {
                Errno error = kernel.PidFdOpen(processId, out pidFd);
                bool hasExited = ExitedEvent.KnowsWithoutRaising(process, run) && !IsRefusalTakenForExit(run, processId, error);
                if (!run.IsCurrentIn(process))
                {
                    // The object was restarted during the call, so the pidfd may be of either run or of another process.
                    continue;
                }

                ProcessAttachment? attachment = hasExited ? Exited(processId, run) : AttachmentOf(processId, run, pidFd, error);
                pidFd = attachment?.Handle is null ? pidFd : null;
                if (attachment is not null)
                {
                    return attachment;
                }
            }
            catch (NullReferenceException) when (!StockCalls.HasProcess(process))
            {
                StockCalls.ThrowClosed();
            }
            finally
            {
                pidFd?.Dispose();
            }
        }
    }

    /// <summary>Makes an attachment with a pidfd that is known to be of the run.</summary>
    public ProcessAttachment Adopt(int processId, in RunIdentity run, SafePidFdHandle pidFd) =>
        new(new ProcessHandle(processId, pidFd, run, owner));

    /// <summary>
    /// Returns whether the runtime mistakes a refused signal for an exit. For a non-child, the runtime calls kill(2) and takes every errno except
    /// EPERM for an exit. A security module may refuse that signal with EACCES, although the process runs. The pidfd could be opened, so the process
    /// exists.
    /// </summary>
    private bool IsRefusalTakenForExit(in RunIdentity run, int processId, Errno openError) =>
        !run.IsStarted && openError == 0 && kernel.Kill(processId, 0) == Errno.EACCES;

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
    private ProcessAttachment? AttachmentOf(int processId, in RunIdentity run, SafePidFdHandle pidFd, Errno error)
    {
        if (error == 0)
        {
            if (run.IsStarted && ErrnoTable.Means(ErrnoTable.WaitId, kernel.WaitIdNoWait(pidFd, out _, out _), ErrnoMeaning.NotAChild))
            {
                // The child was reaped, and the PID has a new owner or none.
                return Exited(processId, run);
            }

            return DescriptorLimit.LeavesHeadroom((int)pidFd.DangerousGetHandle())
                ? Adopt(processId, run, pidFd)
                : Failed(processId, run, StockCause.Resource, "few descriptors are left, and they are for the program (raise RLIMIT_NOFILE)");
        }

        ErrnoMeaning meaning = ErrnoTable.MeaningOf(ErrnoTable.PidFdOpen, error);
        if (meaning == ErrnoMeaning.NotAProcess)
        {
            // Before Linux 6.15, pidfd_open also answers this for a process that is just being reaped.
            meaning = run.IsStarted || !ThreadId.IsOfThread(processId) ? ErrnoMeaning.Gone : throw IsThread(processId, error);
        }

        return meaning switch
        {
            ErrnoMeaning.Gone => Exited(processId, run),
            ErrnoMeaning.OutOfResources => Failed(processId, run, StockCause.Resource, SystemCallError.Describe(ErrnoTable.PidFdOpen, error)),
            _ => Failed(processId, run, StockCause.Unsupported, SystemCallError.Describe(ErrnoTable.PidFdOpen, error)),
        };
    }

    private static ProcessAttachment Failed(int processId, in RunIdentity run, StockCause cause, string reason)
    {
        PidFdEventSource.Log.FellBack(processId, reason);
        return Stock(processId, run, cause, reason);
    }

    private static ProcessAttachment Stock(int processId, in RunIdentity run, StockCause cause, string reason) =>
        new(new StockRun(processId, run, cause, reason));

    private static InvalidOperationException IsThread(int id, Errno error) =>
        new($"The object has no process, because {id} is the id of a thread: {SystemCallError.Describe(ErrnoTable.PidFdOpen, error)}. "
            + "Use the PID of its process.");
}
