using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

// Overview
//
// Opens the parent of a process, and never another process with its PID.
//
// Constraints: The kernel tells the parent of a process only as a PID. A process gets another parent when its parent ends.
//
// Scheme: Read the PID of the parent, open a pidfd for it, and read the PID again. A new parent is an ancestor that existed before. So if the PID is
// the same both times, the pidfd is of the parent.

/// <summary>Opens the parents of processes.</summary>
internal static class ParentCalls
{
    // Each turn of the loop means that a parent has ended. No process has this many ancestors.
    private const int MaxParents = 10_000;

    public static Process OpenOwnParent(AttachmentTable runs)
    {
        IdentityCalls.RequireLinux();
        return OpenParent(runs, Environment.ProcessId, () => runs.Platform.PidFs.Calls.GetParentId());
    }

    public static Process OpenParent(AttachmentTable runs, Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        IdentityCalls.RequireLinux();
        using PinnedRun run = PinnedRun.Of(runs, process);
        return OpenParent(runs, run.Attachment.ProcessId, () => ReadParent(run));
    }

    private static Process OpenParent(AttachmentTable runs, int childId, Func<int> readParent)
    {
        for (int i = 0; i < MaxParents; i++)
        {
            int parentId = readParent();
            if (parentId <= 0)
            {
                break;
            }

            Process? parent = FindCalls.Find(runs, parentId);
            try
            {
                StockRun? unproven = parent is null ? null : runs.FindCurrent(parent)?.WithoutPidFd;
                ProcStat stat = default;
                bool isRead = unproven is not null && runs.Platform.Kernel.ReadProcStat(parentId, out stat) == 0;
                if (parent is not null && readParent() == parentId)
                {
                    if (isRead)
                    {
                        // The parent held the PID when its start time was read, because it is still the parent.
                        unproven!.Prove(stat.StartTicks);
                    }

                    (Process found, parent) = (parent, null);
                    return found;
                }
            }
            finally
            {
                if (parent is not null)
                {
                    FindCalls.Close(runs, parent);
                }
            }
        }

        throw new InvalidOperationException($"Process {childId} has no parent that is visible in this PID namespace.");
    }

    private static int ReadParent(in PinnedRun run)
    {
        int processId = run.Attachment.ProcessId;

        // Before Linux 6.13 the ioctl does not tell the parent, and /proc is read instead.
        int parentId = 0;
        bool isKnown = run.Handle is { } handle && run.Kernel.PidFdGetParent(handle.PidFd, out parentId) == 0;
        Errno error = 0;
        if (!isKnown && !run.IsOver)
        {
            error = run.Kernel.ReadProcStat(processId, out ProcStat stat);
            parentId = stat.ParentId;
        }

        if (run.Handle?.IsReaped() ?? run.HasLostId())
        {
            throw new InvalidOperationException($"Process {processId} has exited and been reaped, so it has no parent any more.");
        }

        return error == 0
            ? parentId
            : throw SystemCallError.NoAnswer($"The parent of process {processId} is not known", ErrnoTable.Proc, error);
    }
}
