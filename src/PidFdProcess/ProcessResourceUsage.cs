namespace PidFdProcess;

/// <summary>The resources that a process and the children that it waited for have used, as <c>getrusage(2)</c> counts them.</summary>
/// <param name="UserTime">Time spent in user mode.</param>
/// <param name="SystemTime">Time spent in the kernel.</param>
/// <param name="PeakResidentBytes">
/// The largest resident set, in bytes. The kernel counts from the fork on, when the child still shares the memory of its parent. So the value is
/// never less than the peak of the parent at the fork.
/// </param>
public readonly record struct ProcessResourceUsage(TimeSpan UserTime, TimeSpan SystemTime, long PeakResidentBytes);
