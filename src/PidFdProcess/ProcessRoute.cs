namespace PidFdProcess;

/// <summary>Who does the work for a process.</summary>
public enum ProcessRoute
{
    /// <summary>The stock runtime: <see cref="System.Diagnostics.Process"/> itself, by PID.</summary>
    Stock,

    /// <summary>A pidfd: signals and waits cannot hit another process.</summary>
    PidFd,
}
