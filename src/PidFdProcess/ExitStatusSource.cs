namespace PidFdProcess;

/// <summary>Where an exit status was read. Each source is asked only if those before it did not know.</summary>
public enum ExitStatusSource
{
    /// <summary>Nobody knew: a process that is no child, was reaped before it could be looked at, and the kernel does not remember it.</summary>
    Unknown,

    /// <summary><c>waitid(2)</c> on the pidfd, without reaping: a child that the runtime had not reaped yet. The one source of resource
    /// usage.</summary>
    WaitId,

    /// <summary><c>ioctl PIDFD_GET_INFO</c>, Linux 6.15 and later: a process that has been reaped, whoever its parent was.</summary>
    PidFdInfo,

    /// <summary>Field 52 of <c>/proc/PID/stat</c>: a zombie of another parent.</summary>
    ProcStat,

    /// <summary><see cref="System.Diagnostics.Process.ExitCode"/>: the runtime reaped its child first. Does not tell a signal from
    /// exit(128+n).</summary>
    Runtime,
}
