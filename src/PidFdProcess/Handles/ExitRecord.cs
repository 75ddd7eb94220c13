using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Overview
//
// Reads how a process ended from the best source that tells it.
//
// Constraints: Only waitid tells the resource usage, and only for a child that has not been reaped. PIDFD_GET_INFO (Linux 6.15) tells the status only
// after the process has been reaped. For a non-child that is still a zombie there is /proc/PID/stat, which is about a PID.
//
// Scheme: Ask in that order, and then the pidfd once more, because the process may have been reaped during the calls. The text of stat counts only if
// the process has not been reaped afterwards, because then the PID was still its own.

/// <summary>How a process ended, where that was read, and when the exit was seen.</summary>
internal sealed class ExitRecord(WaitStatus status, ExitStatusSource source, ProcessResourceUsage? usage, DateTime time)
{
    public WaitStatus Status => status;

    public ExitStatusSource Source => source;

    public ProcessResourceUsage? Usage => usage;

    public DateTime Time => time;

    /// <summary>Gets the session that the process was in when it exited, or 0 if that is not known.</summary>
    public int SessionId { get; init; }

    /// <summary>Reads the status of a process whose pidfd is ready. Returns <see langword="null"/> if no source tells it.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="pidFd">The pidfd. The caller holds a reference.</param>
    /// <param name="processId">The PID that the pidfd was opened for.</param>
    /// <param name="isChild">Whether the kernel calls the process a child of this one. A tracer can hold back the status of a child.</param>
    public static ExitRecord? Read(IKernel kernel, SafePidFdHandle pidFd, int processId, out bool isChild) =>
        FromWaitId(kernel, pidFd, out isChild)
        ?? FromPidFd(kernel, pidFd)
        ?? FromProc(kernel, pidFd, processId)
        ?? FromPidFd(kernel, pidFd);

    /// <summary>The public form of what waitid tells.</summary>
    internal static ProcessResourceUsage UsageOf(in RUsage usage) => new(usage.UserTime, usage.SystemTime, usage.MaxResidentBytes);

    private static ExitRecord? FromWaitId(IKernel kernel, SafePidFdHandle pidFd, out bool isChild)
    {
        isChild = kernel.WaitIdNoWait(pidFd, out SigInfo info, out RUsage usage) == 0;
        return isChild && info.ProcessId != 0
            ? new ExitRecord(WaitStatus.From(info), ExitStatusSource.WaitId, UsageOf(usage), DateTime.Now)
            : null;
    }

    private static ExitRecord? FromPidFd(IKernel kernel, SafePidFdHandle pidFd) =>
        kernel.PidFdGetExit(pidFd, out WaitStatus? status) == 0 && status is { } known
            ? new ExitRecord(known, ExitStatusSource.PidFdInfo, null, DateTime.Now)
            : null;

    private static ExitRecord? FromProc(IKernel kernel, SafePidFdHandle pidFd, int processId) =>
        kernel.ReadProcStat(processId, out ProcStat stat) == 0
        && stat is { IsZombie: true, ExitCode: { } status }
        && IsUnreaped(kernel, pidFd)
            ? new ExitRecord(status, ExitStatusSource.ProcStat, null, DateTime.Now) { SessionId = stat.SessionId }
            : null;

    private static bool IsUnreaped(IKernel kernel, SafePidFdHandle pidFd)
    {
        Errno error = kernel.PidFdSendSignal(pidFd, 0);
        return error == 0 || ErrnoTable.Means(ErrnoTable.PidFdSendSignal, error, ErrnoMeaning.Refused);
    }
}
