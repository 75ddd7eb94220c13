namespace PidFdProcess.Linux;

/// <summary>
/// The start of the root of a tree. On a host without pidfds it tells the root from a later owner of its PID. So it is read before the last look that
/// finds the PID to be the root's.
/// </summary>
internal readonly struct RootStart
{
    // No process has this start time.
    private const long NoProcess = -1;

    private RootStart(long ticks, Errno error) => (Ticks, Error) = (ticks, error);

    /// <summary>Gets the start ticks. 0 if a pidfd names the root, and a number that no process has if they could not be read.</summary>
    public long Ticks { get; }

    /// <summary>Gets why they could not be read. A later read does not replace them, because another process may have the PID by then.</summary>
    public Errno Error { get; }

    /// <summary>Gets whether the start ticks were read.</summary>
    public bool IsRead => Ticks > 0;

    public static RootStart At(long ticks) => new(ticks, 0);

    public static RootStart Unreadable(Errno error) => new(NoProcess, error);
}
