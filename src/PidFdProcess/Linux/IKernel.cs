using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Linux;

/// <summary>
/// The kernel as this library sees it, with one method per call. Tests replace it. Every method returns 0 or the errno. Out parameters mean nothing
/// unless it returned 0. No method can reap a process.
/// </summary>
internal interface IKernel
{
    /// <summary><c>pidfd_open(pid, 0)</c>, Linux 5.3.</summary>
    Errno PidFdOpen(int processId, out SafePidFdHandle pidFd);

    /// <summary><c>pidfd_send_signal(pidfd, signal, NULL, 0)</c>, Linux 5.1. Signal 0 only checks whether a signal could be sent.</summary>
    Errno PidFdSendSignal(SafePidFdHandle pidFd, int signal);

    /// <summary>
    /// <c>pidfd_send_signal(pidfd, signal, NULL, PIDFD_SIGNAL_PROCESS_GROUP)</c>, Linux 6.9. The signal goes to the process group that the process
    /// leads or led. ESRCH means that no process is in it, and EINVAL an older kernel.
    /// </summary>
    Errno PidFdSignalGroup(SafePidFdHandle pidFd, int signal);

    /// <summary>
    /// <c>waitid(P_PIDFD, pidfd, info, WEXITED|WNOHANG|WNOWAIT, usage)</c>, Linux 5.4. ECHILD means that the process is not a child of this one, or
    /// has been reaped. 0 with a ProcessId of 0 means that the child has not exited, or that its tracer has not reaped it.
    /// </summary>
    Errno WaitIdNoWait(SafePidFdHandle pidFd, out SigInfo info, out RUsage usage);

    /// <summary><c>poll(2)</c> on the pidfd, which tells whether the process exits within the time. -1 waits without end. May answer EINTR.</summary>
    Errno Poll(SafePidFdHandle pidFd, int milliseconds, out bool exited);

    /// <summary><c>fcntl(pidfd, F_DUPFD_CLOEXEC)</c>.</summary>
    Errno Duplicate(SafePidFdHandle pidFd, out SafePidFdHandle duplicate);

    /// <summary><c>epoll_create1(EPOLL_CLOEXEC)</c>.</summary>
    Errno EpollCreate(out SafeFileHandle epoll);

    /// <summary>
    /// <c>epoll_ctl(EPOLL_CTL_ADD)</c> for one report of the exit (EPOLLIN|EPOLLONESHOT), marked with the token. If the pidfd is still in the set
    /// because its removal failed, its registration is changed (<c>EPOLL_CTL_MOD</c>).
    /// </summary>
    Errno EpollAdd(SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token);

    /// <summary><c>epoll_ctl(EPOLL_CTL_DEL)</c>.</summary>
    Errno EpollRemove(SafeFileHandle epoll, SafePidFdHandle pidFd);

    /// <summary><c>epoll_wait(2)</c>, which fills in the tokens of exited processes. May answer EINTR.</summary>
    Errno EpollWait(SafeFileHandle epoll, ulong[] tokens, int milliseconds, out int count);

    /// <summary>
    /// <c>ioctl(pidfd, PIDFD_GET_INFO)</c> for the exit, Linux 6.15. ESRCH means that the process has been reaped and this kernel does not keep the
    /// status.
    /// </summary>
    /// <remarks>
    /// The status is <see langword="null"/> if the process has not been reaped, because the kernel tells nothing of a zombie, or on an older kernel.
    /// </remarks>
    Errno PidFdGetExit(SafePidFdHandle pidFd, out WaitStatus? status);

    /// <summary>
    /// <c>ioctl(pidfd, PIDFD_GET_INFO)</c> for the PID of the parent, Linux 6.13. The PID is 0 if the parent is not visible in this PID namespace.
    /// ESRCH means that the process has been reaped. Any other errno means that the kernel is older.
    /// </summary>
    Errno PidFdGetParent(SafePidFdHandle pidFd, out int parentId);

    /// <summary>
    /// <c>poll(2)</c> until the process is reaped (POLLHUP), or the epoll set has an event, or the time is over. Older kernels do not report the
    /// reap. EBADF means that the pidfd is closed.
    /// </summary>
    Errno PollForReap(SafeFileHandle epoll, SafePidFdHandle pidFd, int milliseconds, out bool reaped);

    /// <summary>
    /// <c>poll(2)</c> on the first pidfds of an array. Returns when one of the processes has exited or the time is over, and tells which have exited.
    /// May answer EINTR. EBADF means that one of the descriptors is closed.
    /// </summary>
    /// <remarks>The caller keeps the handles open during the call.</remarks>
    Errno PollAny(SafePidFdHandle[] pidFds, int count, int milliseconds, bool[] exited);

    /// <summary>
    /// <c>kill(2)</c>, for runs without a pidfd, and for process groups before Linux 6.9. Signal 0 tells whether a signal would be refused. A
    /// negative PID names a process group.
    /// </summary>
    Errno Kill(int processId, int signal);

    /// <summary>Reads <c>/proc/PID/stat</c>, see <c>proc_pid_stat(5)</c>. It is about a PID, not about a pidfd.</summary>
    Errno ReadProcStat(int processId, out ProcStat stat);

    /// <summary>Adds the PIDs in <c>/proc/PID/task/TID/children</c> to a list. After an error the list has the PIDs that were read before.</summary>
    Errno ReadProcChildren(int processId, int threadId, List<int> children);

    /// <summary>Adds the PIDs in <c>/proc</c> to a list. After an error the list has the PIDs that were read before.</summary>
    Errno ListProcesses(List<int> processIds);

    /// <summary>Adds the thread ids in <c>/proc/PID/task</c> to a list. After an error the list has the ids that were read before.</summary>
    Errno ListThreads(int processId, List<int> threadIds);
}
