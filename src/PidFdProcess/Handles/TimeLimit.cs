using System.Diagnostics;

namespace PidFdProcess.Handles;

/// <summary>Times in milliseconds, where -1 is without end and 0 is one look.</summary>
internal static class TimeLimit
{
    /// <summary>What is left of a time that began at a timestamp; nothing of 0, and all of -1.</summary>
    public static int Left(int milliseconds, long start) => milliseconds > 0
        ? (int)Math.Max(0, milliseconds - (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds)
        : milliseconds;
}
