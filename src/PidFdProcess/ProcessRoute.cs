namespace PidFdProcess;

/// <summary>The means by which calls act on a process.</summary>
public enum ProcessRoute
{
    /// <summary>The stock members of <see cref="System.Diagnostics.Process"/>, which go by PID.</summary>
    Stock,

    /// <summary>A pidfd, so that signals and waits cannot hit another process.</summary>
    PidFd,
}
