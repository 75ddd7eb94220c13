namespace PidFdProcess.Runtime;

/// <summary>What the Process object says of a run whose exit the pidfd has reported.</summary>
internal enum RuntimeState
{
    /// <summary>The runtime knows of the exit. HasExited and ExitTime work, and so does ExitCode of a child.</summary>
    Knows,

    /// <summary>
    /// The runtime knows of the exit, but another thread keeps the lock of the object, and Exited was not raised. A stock wait would block on that
    /// lock.
    /// </summary>
    KnowsUnraised,

    /// <summary>
    /// The runtime takes the process for running, because its parent has not reaped it, or because other code has reaped the child.
    /// </summary>
    DoesNotKnow,

    /// <summary>The object was closed or restarted, so it knows nothing of this run.</summary>
    HasAnotherRun,
}
