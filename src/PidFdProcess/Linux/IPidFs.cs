namespace PidFdProcess.Linux;

/// <summary>
/// The calls about the identity of a process, with one method per call. Tests replace it. Every method returns 0 or the errno. Out parameters mean
/// nothing unless it returned 0.
/// </summary>
internal interface IPidFs
{
    /// <summary>
    /// <c>fstatfs(2)</c>, which tells whether the descriptor is a pidfd on pidfs (Linux 6.9). On older kernels pidfds are anonymous inodes.
    /// </summary>
    Errno IsOnPidFs(SafePidFdHandle descriptor, out bool isOnPidFs);

    /// <summary>
    /// <c>statx(2)</c> for the inode number. On pidfs it names the process until the next boot. On older kernels it is the same for all pidfds.
    /// </summary>
    Errno GetInode(SafePidFdHandle pidFd, out ulong inode);

    /// <summary>
    /// Reads from <c>/proc/thread-self/status</c> whether the calling thread has a seccomp filter. Threads and programs inherit it from the thread
    /// that starts them.
    /// </summary>
    Errno HasSeccompFilter(out bool hasFilter);

    /// <summary>
    /// <c>name_to_handle_at(2)</c>, on pidfs since Linux 6.14. Tells the type of file handles, and the inode number that a handle contains.
    /// </summary>
    Errno GetHandle(SafePidFdHandle pidFd, out int type, out ulong inode);

    /// <summary>
    /// <c>open_by_handle_at(2)</c>, on pidfs since Linux 6.14. ESTALE means that the process has been reaped or is not visible in this PID namespace.
    /// </summary>
    Errno OpenByHandle(SafePidFdHandle mount, int type, ulong inode, out SafePidFdHandle pidFd);

    /// <summary>
    /// The PID of the process, by the ioctl PIDFD_GET_INFO (Linux 6.13) or <c>/proc/self/fdinfo</c>. It is 0 if the process is not visible in this
    /// PID namespace. ESRCH means that the process has been reaped or is not visible.
    /// </summary>
    Errno GetProcessId(SafePidFdHandle pidFd, out int processId);

    /// <summary><c>fcntl(F_GETFL)</c>, which tells whether the pidfd refers to a thread (PIDFD_THREAD, Linux 6.9).</summary>
    Errno IsOfThread(SafePidFdHandle pidFd, out bool isOfThread);

    /// <summary><c>getppid(2)</c>. It is 0 if the parent is not visible in this PID namespace.</summary>
    int GetParentId();

    /// <summary>Reads <c>/proc/sys/kernel/random/boot_id</c>.</summary>
    Errno ReadBootId(out Guid bootId);

    /// <summary><c>clock_gettime(CLOCK_BOOTTIME)</c> for the time since the boot, by the clock of the start ticks.</summary>
    Errno GetTimeSinceBoot(out TimeSpan time);
}
