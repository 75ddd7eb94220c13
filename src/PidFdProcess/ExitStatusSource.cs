namespace PidFdProcess;

/// <summary>The source of an exit status. A source is asked only if the sources before it in this list do not know the status.</summary>
public enum ExitStatusSource
{
    /// <summary>No source knew the status. A non-child was reaped before its status was read, and the kernel does not remember it.</summary>
    Unknown,

    /// <summary>
    /// <c>waitid(2)</c> on the pidfd, without reaping. It tells the status of a child that the runtime has not reaped yet, and is the only source of
    /// the resource usage.
    /// </summary>
    WaitId,

    /// <summary>
    /// The ioctl <c>PIDFD_GET_INFO</c> (Linux 6.15 and later). It tells the status of a process that has been reaped by any parent.
    /// </summary>
    PidFdInfo,

    /// <summary>Field 52 of <c>/proc/PID/stat</c> (see <c>proc_pid_stat(5)</c>). It tells the status of a zombie of another parent.</summary>
    ProcStat,

    /// <summary>
    /// <see cref="System.Diagnostics.Process.ExitCode"/>. It is used for a child that the runtime has reaped first, and does not tell a signal from
    /// exit(128+n).
    /// </summary>
    Runtime,
}
