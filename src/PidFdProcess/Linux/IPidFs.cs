namespace PidFdProcess.Linux;

/// <summary>
/// What the kernel knows about pidfds beyond signals and exits, one method per call, and a second seam that tests fake. Every method returns 0 or the
/// errno. Out parameters mean nothing unless it returned 0.
/// </summary>
internal interface IPidFs
{
    /// <summary><c>fstatfs(2)</c>: is the descriptor a pidfd on pidfs (Linux 6.9)? Before, pidfds are anonymous inodes.</summary>
    Errno IsOnPidFs(SafePidFdHandle descriptor, out bool isOnPidFs);

    /// <summary><c>statx(2)</c>: the inode number. On pidfs it names the process until the next boot, else it is the same for all.</summary>
    Errno GetInode(SafePidFdHandle pidFd, out ulong inode);

    /// <summary><c>name_to_handle_at(2)</c>, on pidfs since Linux 6.14: the type of handles, and the inode number of which they consist.</summary>
    Errno GetHandle(SafePidFdHandle pidFd, out int type, out ulong inode);

    /// <summary>
    /// <c>open_by_handle_at(2)</c>, on pidfs since Linux 6.14. ESTALE: the process has been reaped, or is not visible in this PID namespace.
    /// </summary>
    Errno OpenByHandle(SafePidFdHandle mount, int type, ulong inode, out SafePidFdHandle pidFd);

    /// <summary>
    /// The PID of the process, by ioctl PIDFD_GET_INFO (Linux 6.13) or <c>/proc/self/fdinfo</c>. 0: not visible in this PID namespace. ESRCH: reaped,
    /// or not visible.
    /// </summary>
    Errno GetProcessId(SafePidFdHandle pidFd, out int processId);

    /// <summary>The PID of the parent, by ioctl PIDFD_GET_INFO (Linux 6.13). 0: not visible in this PID namespace. ESRCH: reaped.</summary>
    Errno GetParentId(SafePidFdHandle pidFd, out int parentId);

    /// <summary><c>fcntl(F_GETFL)</c>: does the pidfd refer to a thread (PIDFD_THREAD, Linux 6.9)?</summary>
    Errno IsOfThread(SafePidFdHandle pidFd, out bool isOfThread);

    /// <summary><c>getppid(2)</c>. 0: the parent is not visible in this PID namespace.</summary>
    int GetParentId();

    /// <summary>Reads <c>/proc/sys/kernel/random/boot_id</c>.</summary>
    Errno ReadBootId(out Guid bootId);

    /// <summary><c>clock_gettime(CLOCK_BOOTTIME)</c>: the time since the boot, by the clock that start ticks count.</summary>
    Errno GetTimeSinceBoot(out TimeSpan time);
}
