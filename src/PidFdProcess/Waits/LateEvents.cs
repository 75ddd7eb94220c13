using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Turns events on after a wait that ends without them. Does not block, because a handler of Exited may hold the lock of the object and wait for the
/// cancellation.
/// </summary>
internal static class LateEvents
{
    // A handle of the run could not note its series, because a run that is over may have none.
    private static readonly ConditionalWeakTable<Process, Series> s_series = [];
    private static int s_count;

    /// <summary>Gets the time between two tries to take the lock of an object.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Gets the number of series of tries, for tests.</summary>
    public static int Count => Volatile.Read(ref s_count);

    /// <summary>
    /// Turns events on now. If another thread holds the lock of the object, the property says at once that they are on, and the runtime registers a
    /// wait for them once that thread has let go. The tries take no thread, and one series of tries serves all waits of a run.
    /// </summary>
    public static void Enable(Process process, in RunIdentity run)
    {
        if (EventSetting.TryTurnOnForLater(process, run))
        {
            return;
        }

        // At once, so that a setting which the caller makes after the wait stays.
        bool isMarked = ProcessFields.TryMarkEventsAsOn(process);
        if (TryBegin(process, run, isMarked) is { } series)
        {
            _ = RetryAsync(process, series);
        }
    }

    private static async Task RetryAsync(Process process, Series series)
    {
        Interlocked.Increment(ref s_count);
        do
        {
            await Pause.ForAsync(Interval, CancellationToken.None).ConfigureAwait(false);
        }
        while (!EventSetting.TryTurnOnForLater(process, series.Run, series.IsMarked));
        End(process, series);
        Interlocked.Decrement(ref s_count);
    }

    private static Series? TryBegin(Process process, in RunIdentity run, bool isMarked)
    {
        lock (s_series)
        {
            if (s_series.TryGetValue(process, out Series? present) && present.Run.IsSameAs(run))
            {
                return null;
            }

            // If the object was restarted, the series of the earlier run ends with its next try.
            Series series = new(run, isMarked);
            s_series.AddOrUpdate(process, series);
            return series;
        }
    }

    private static void End(Process process, Series series)
    {
        lock (s_series)
        {
            if (s_series.TryGetValue(process, out Series? present) && ReferenceEquals(present, series))
            {
                s_series.Remove(process);
            }
        }
    }

    private sealed class Series(RunIdentity run, bool isMarked)
    {
        public RunIdentity Run => run;

        public bool IsMarked => isMarked;
    }
}
