using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

// Overview
//
// Constraints: pidfd_open takes a PID, which may have a new owner. The PID of a child that the runtime has started is not free before the runtime
// has reaped it, unless other code of the program reaps first (waitpid(-1)) or the kernel does (SIGCHLD ignored). An attachment must not
// raise Exited, because the stock calls that it precedes do not.
//
// Scheme: open the pidfd first and ask the runtime second. A child whose reap the runtime does not know by then is the one that the pidfd
// means, if the kernel says that the pidfd's process is our child. If it says no, the run is over and a stranger has the PID.
internal sealed class RunOpener(PidFdPlatform platform, object owner)
{
    /// <summary>Opens the run that the object has now, or says why it has no pidfd.</summary>
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
                return new ProcessAttachment(processId, run, support.IsFinal ? StockCause.Unsupported : StockCause.Resource, support.Reason);
            }

            SafePidFdHandle? pidFd = null;
            try
            {
                Errno error = platform.Kernel.PidFdOpen(processId, out pidFd);
                bool hasExited = ExitedEvent.KnowsWithoutRaising(process, run) && !IsRefusalTakenForExit(run, processId, error);
                if (!run.IsCurrentIn(process))
                {
                    // Restarted during the call: the pidfd may be of either run, or a stranger's.
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

    /// <summary>Takes over a pidfd that is known to be of the run.</summary>
    public ProcessAttachment Adopt(int processId, in RunIdentity run, SafePidFdHandle pidFd) =>
        new(new ProcessHandle(processId, pidFd, run, platform, owner));

    /// <summary>
    /// For a process that is no child the runtime asks kill(2), and takes every errno but EPERM for an exit. A security module without the permission
    /// to look answers EACCES. The pidfd, which could be opened, knows better.
    /// </summary>
    private bool IsRefusalTakenForExit(in RunIdentity run, int processId, Errno openError) =>
        !run.IsStarted && openError == 0 && platform.Kernel.Kill(processId, 0) == Errno.EACCES;

    private static ProcessAttachment Exited(int processId, in RunIdentity run) =>
        new(processId, run, StockCause.Exited, "the process had exited before it was attached");

    private static void CheckId(int processId)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (processId <= 0)
        {
            // GetProcessById takes these, and kill(2) signals a group of processes, or all, by them.
            throw new InvalidOperationException($"The object has no process: {processId} is no PID, a PID is positive.");
        }
    }

    /// <summary>The attachment of a run that had not exited when the pidfd was opened; null if another look is due.</summary>
    private ProcessAttachment? AttachmentOf(int processId, in RunIdentity run, SafePidFdHandle pidFd, Errno error)
    {
        if (error == 0)
        {
            if (run.IsStarted && platform.Kernel.WaitIdNoWait(pidFd, out _, out _) == Errno.ECHILD)
            {
                // Reaped, and the PID has a new owner or none.
                return Exited(processId, run);
            }

            return DescriptorLimit.LeavesHeadroom((int)pidFd.DangerousGetHandle())
                ? Adopt(processId, run, pidFd)
                : Failed(processId, run, StockCause.Resource, "few descriptors are left, and the program needs them first; raise RLIMIT_NOFILE");
        }

        ErrnoMeaning meaning = ErrnoTable.MeaningOf(ErrnoTable.PidFdOpen, error);
        if (meaning == ErrnoMeaning.NotAProcess)
        {
            // Before Linux 6.15 this is also said of a process that is just being reaped.
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
        return new ProcessAttachment(processId, run, cause, reason);
    }

    private static InvalidOperationException IsThread(int id, Errno error) =>
        new($"The object has no process: {SystemCallError.Describe(ErrnoTable.PidFdOpen, error)} for {id}. Use the PID of its process.");
}
