using System.Diagnostics;

namespace PidFdProcess.Linux;

/// <summary>
/// Limits of time, and the deadlines at which they end. A limit is in milliseconds, where -1 means no limit and 0 means a single look. A deadline is
/// in the unit of <see cref="Stopwatch.GetTimestamp"/>.
/// </summary>
internal static class TimeLimit
{
    /// <summary>The rest of a limit that began at a timestamp. 0 and -1 stay as they are.</summary>
    public static int Left(int milliseconds, long start) => milliseconds > 0
        ? (int)Math.Max(0, milliseconds - (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds)
        : milliseconds;

    /// <summary>The end of a limit that begins now. Without a limit it is <see cref="long.MaxValue"/>.</summary>
    public static long DeadlineIn(int milliseconds) => milliseconds == Timeout.Infinite
        ? long.MaxValue
        : Stopwatch.GetTimestamp() + (milliseconds * (Stopwatch.Frequency / 1000));

    /// <inheritdoc cref="DeadlineIn(int)"/>
    public static long DeadlineIn(TimeSpan time) => DeadlineIn((int)time.TotalMilliseconds);

    /// <summary>The milliseconds until a deadline, rounded up, so that a wait for that long does not end before it.</summary>
    public static int MillisecondsUntil(long deadline) => deadline == long.MaxValue
        ? int.MaxValue
        : (int)Math.Clamp(Math.Ceiling((deadline - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency), 0, int.MaxValue);
}
