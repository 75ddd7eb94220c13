using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

// Overview
//
// Sends a signal to the process group that a process leads.
//
// Constraints: The number of a process group is the PID of its leader. No other process can get that PID while any process is in the group. Before
// Linux 6.9 a group can only be signalled by number. Group 1 has no number for kill(2), because kill(-1) signals all processes.
//
// Scheme: If the kernel has the flag, the pidfd names the group. Otherwise kill(-PGID) is called if the leader has not been reaped just before. The
// leader is checked again afterwards. If it was reaped during the call, the signal most likely went to its group or to none.

/// <summary>Sends signals to the process group that a process leads.</summary>
internal static class GroupSignal
{
    public static bool Send(AttachmentTable runs, Process process, PosixSignal signal, bool includeOwnGroup)
    {
        ArgumentNullException.ThrowIfNull(process);
        int number = UnixSignals.NumberOf(signal);
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Windows has no process groups.");
        }

        using PinnedRun run = PinnedRun.Of(runs, process);
        int groupId = run.Attachment.ProcessId;
        if (!includeOwnGroup && Libc.GetGroupId(0) == groupId)
        {
            throw new InvalidOperationException($"The calling process is in process group {groupId}. Pass includeOwnGroup to signal it, too.");
        }

        if (run.IsOver)
        {
            return false;
        }

        return run.Handle is { } handle ? ByPidFd(run, handle, number) : ByNumber(run, number);
    }

    private static bool ByPidFd(in PinnedRun run, ProcessHandle handle, int signal)
    {
        IKernel kernel = handle.Kernel;
        RequireLeader(kernel, handle);
        Errno error = kernel.PidFdSignalGroup(handle.PidFd, signal);
        if (!ErrnoTable.Means(ErrnoTable.PidFdSignalGroup, error, ErrnoMeaning.Unsupported))
        {
            return RunSignal.Answer(handle.ProcessId, signal, ErrnoTable.PidFdSignalGroup, error);
        }

        RequireNumber(handle.ProcessId);
        if (handle.IsReaped())
        {
            return false;
        }

        error = kernel.Kill(-handle.ProcessId, signal);
        return AnswerByNumber(run, signal, error, handle.IsReaped());
    }

    private static bool ByNumber(in PinnedRun run, int signal)
    {
        if (run.HasLostId())
        {
            return false;
        }

        int id = run.Attachment.ProcessId;
        RequireNumber(id);
        if (Libc.GetGroupId(id) is >= 0 and var groupId && groupId != id)
        {
            throw NoLeader(id, groupId);
        }

        Errno error = OperatingSystem.IsLinux() ? run.Kernel.Kill(-id, signal) : UnixSignals.Kill(-id, signal);
        return AnswerByNumber(run, signal, error, run.HasLostId(throwIfUnknown: false));
    }

    /// <summary>Answers after a signal by number. Notes it if the leader was reaped during the call.</summary>
    private static bool AnswerByNumber(in PinnedRun run, int signal, Errno error, bool wasReaped)
    {
        if (error == 0 && wasReaped)
        {
            // The signal most likely went to the group of this leader, but nothing proves it.
            FallBack.Note(run, CallFailure.Because(ErrnoTable.Kill, "the leader of the group was reaped during the call"));
        }

        return RunSignal.Answer(run.Attachment.ProcessId, signal, ErrnoTable.Kill, error);
    }

    /// <summary>
    /// Throws if the process does not lead its group. The kernel has the same answer for a process that leads no group and for an empty group.
    /// </summary>
    private static void RequireLeader(IKernel kernel, ProcessHandle handle)
    {
        int id = handle.ProcessId;
        if (kernel.ReadProcStat(id, out ProcStat stat) == 0 && stat.GroupId != id && !handle.IsReaped())
        {
            throw NoLeader(id, stat.GroupId);
        }
    }

    private static void RequireNumber(int groupId)
    {
        if (groupId == 1)
        {
            throw new InvalidOperationException(
                "Process group 1 cannot be signalled by number, because kill(-1) signals all processes. Linux 6.9 signals it through a pidfd.");
        }
    }

    private static InvalidOperationException NoLeader(int id, int groupId) =>
        new($"Process {id} does not lead a process group. It is in group {groupId}.");
}
