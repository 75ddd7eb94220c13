using System.Runtime.CompilerServices;

namespace PidFdProcess.Calls;

/// <summary>Checks and converts the times of public calls.</summary>
internal static class Durations
{
    /// <summary>Returns the milliseconds of a time, converted and checked as in the stock runtime.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is less than -1 ms or more than <see cref="int.MaxValue"/> ms.</exception>
    public static int Milliseconds(TimeSpan timeout, [CallerArgumentExpression(nameof(timeout))] string? name = null)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, Timeout.Infinite, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, int.MaxValue, name);
        return (int)milliseconds;
    }
}
