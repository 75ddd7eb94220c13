using System.Diagnostics;

namespace PidFdProcess.Handles;

/// <summary>Limits in milliseconds, where -1 means no limit and 0 means a single look.</summary>
internal static class TimeLimit
{
    /// <summary>The rest of a limit that began at a timestamp. 0 and -1 stay as they are.</summary>
    public static int Left(int milliseconds, long start) => milliseconds > 0
        ? (int)Math.Max(0, milliseconds - (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds)
        : milliseconds;
}
