using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary><c>struct rusage</c> of <c>getrusage(2)</c>. The system call waitid fills it with a C long for every field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RUsage
{
    public nint UserSeconds;
    public nint UserMicroseconds;
    public nint SystemSeconds;
    public nint SystemMicroseconds;
    public nint MaxResidentKilobytes;
    private readonly Unused _rest;

    public readonly TimeSpan UserTime => Time(UserSeconds, UserMicroseconds);

    public readonly TimeSpan SystemTime => Time(SystemSeconds, SystemMicroseconds);

    /// <summary>Gets the largest resident set in bytes. Linux counts ru_maxrss in kilobytes.</summary>
    public readonly long MaxResidentBytes => (long)MaxResidentKilobytes * 1024;

    private static TimeSpan Time(nint seconds, nint microseconds) =>
        TimeSpan.FromTicks((seconds * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond));

    [System.Runtime.CompilerServices.InlineArray(13)]
    private struct Unused
    {
        private nint _first;
    }
}
