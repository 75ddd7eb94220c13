namespace PidFdProcess;

/// <summary>What a process used, as <c>getrusage(2)</c> counts it: the process and those of its children that it waited for.</summary>
/// <param name="UserTime">Time spent in user mode.</param>
/// <param name="SystemTime">Time spent in the kernel.</param>
/// <param name="PeakResidentBytes">
/// The largest resident set, in bytes. The kernel counts from the fork on, when a child still shares the memory of the process that starts it:
/// never less than that one's own peak up to then.
/// </param>
public readonly record struct ProcessResourceUsage(TimeSpan UserTime, TimeSpan SystemTime, long PeakResidentBytes);
