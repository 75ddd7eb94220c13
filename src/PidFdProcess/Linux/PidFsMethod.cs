namespace PidFdProcess.Linux;

/// <summary>The calls by which a process can be found again. Each value is finer than the one before.</summary>
internal enum PidFsMethod
{
    /// <summary>No call of pidfs. The PID and the start time in <c>/proc/PID/stat</c> name the process.</summary>
    StartTicks,

    /// <summary><c>statx(2)</c> on the pidfd, Linux 6.9.</summary>
    PidFdId,

    /// <summary><c>open_by_handle_at(2)</c>, Linux 6.14.</summary>
    FileHandle,
}
