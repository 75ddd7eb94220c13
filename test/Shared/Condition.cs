using System.Diagnostics;

namespace PidFdProcess.Shared;

/// <summary>Waits for a condition that another thread or process brings about.</summary>
internal static class Condition
{
    /// <summary>Returns when the condition holds.</summary>
    /// <exception cref="TimeoutException">It does not hold within the limit.</exception>
    public static void WaitFor(Func<bool> condition, string what, TimeSpan limit)
    {
        if (!TryWaitFor(condition, limit))
        {
            throw new TimeoutException($"not within {limit.TotalSeconds} s: {what}");
        }
    }

    /// <summary>Returns <see langword="true"/> when the condition holds, or <see langword="false"/> if it does not hold within the limit.</summary>
    public static bool TryWaitFor(Func<bool> condition, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                return false;
            }

            Thread.Sleep(1);
        }

        return true;
    }
}
