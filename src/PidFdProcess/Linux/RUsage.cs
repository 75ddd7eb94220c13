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

    /// <summary>Linux counts ru_maxrss in kilobytes.</summary>
    public readonly ProcessResourceUsage ToResourceUsage() => new(
        Time(UserSeconds, UserMicroseconds), Time(SystemSeconds, SystemMicroseconds), (long)MaxResidentKilobytes * 1024);

    private static TimeSpan Time(nint seconds, nint microseconds) =>
        TimeSpan.FromTicks((seconds * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond));

    [System.Runtime.CompilerServices.InlineArray(13)]
    private struct Unused
    {
        private nint _first;
    }
}
