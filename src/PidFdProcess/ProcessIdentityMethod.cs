namespace PidFdProcess;

/// <summary>How a process is found again by its <see cref="ProcessIdentity"/>. Each value is finer than the one before.</summary>
public enum ProcessIdentityMethod
{
    /// <summary>Not at all, because this is not Linux.</summary>
    None,

    /// <summary>By its PID and its start ticks. A tick is 10 ms, so two processes that had the same PID within 10 ms cannot be told apart.</summary>
    StartTicks,

    /// <summary>By its PID and the inode number of its pidfd, Linux 6.9 and later.</summary>
    PidFdId,

    /// <summary>
    /// By the inode number of its pidfd alone, which <c>open_by_handle_at(2)</c> opens, Linux 6.14 and later. This also works from another PID
    /// namespace.
    /// </summary>
    FileHandle,
}
