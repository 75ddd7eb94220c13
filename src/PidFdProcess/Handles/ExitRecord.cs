using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

/// <summary>How a process ended, and where that was read.</summary>
internal sealed record ExitRecord(WaitStatus Status, ExitStatusSource Source, ProcessResourceUsage? Usage)
{
    // Overview
    //
    // Constraints: only waitid tells rusage, and only for a child that has not been reaped. The kernel tells the status through the
    // pidfd only of a process that has been reaped (Linux 6.15). Between the two there is /proc/PID/stat, which is about a PID.
    //
    // Scheme: in that order, and the pidfd once more, for the process may have been reaped on the way. What stat says is believed
    // if the pidfd was not reaped afterwards: then the PID was still that of our process.

    /// <summary>Reads the status of a process whose pidfd is ready; <see langword="null"/> if nobody tells.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="pidFd">The pidfd; the caller has a hold on it.</param>
    /// <param name="processId">The PID that the pidfd was opened for.</param>
    public static ExitRecord? Read(IKernel kernel, SafePidFdHandle pidFd, int processId) =>
        FromWaitId(kernel, pidFd)
        ?? FromPidFd(kernel, pidFd)
        ?? FromProc(kernel, pidFd, processId)
        ?? FromPidFd(kernel, pidFd);

    private static ExitRecord? FromWaitId(IKernel kernel, SafePidFdHandle pidFd) =>
        kernel.WaitIdNoWait(pidFd, out SigInfo info, out RUsage usage) == 0 && info.ProcessId != 0
            ? new ExitRecord(WaitStatus.From(info), ExitStatusSource.WaitId, usage.ToResourceUsage())
            : null;

    private static ExitRecord? FromPidFd(IKernel kernel, SafePidFdHandle pidFd) =>
        kernel.PidFdGetExit(pidFd, out WaitStatus? status) == 0 && status is { } known
            ? new ExitRecord(known, ExitStatusSource.PidFdInfo, null)
            : null;

    private static ExitRecord? FromProc(IKernel kernel, SafePidFdHandle pidFd, int processId) =>
        kernel.ReadProcStat(processId, out ProcStat stat) == 0
        && stat is { IsZombie: true, ExitCode: { } status }
        && kernel.PidFdSendSignal(pidFd, 0) is (0 or Errno.EPERM)
            ? new ExitRecord(status, ExitStatusSource.ProcStat, null)
            : null;
}
