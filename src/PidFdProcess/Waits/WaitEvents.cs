using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Turns events on for a wait. If the wait ends before the exit, registers another that raises Exited. Does not block, because a handler of Exited
/// may hold the lock of the object and wait for the cancellation.
/// </summary>
internal static class WaitEvents
{
    // A handle of the run could not note its series, because a run that is over may have none.
    private static readonly ConditionalWeakTable<Process, Series> s_series = [];
    private static int s_count;

    /// <summary>Gets the time between two tries to take the lock of an object.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Gets the number of series of tries, for tests.</summary>
    public static int Count => Volatile.Read(ref s_count);

    /// <summary>Turns events on at the begin of a wait.</summary>
    /// <returns>Whether they were off. If so, a wait that ends before the exit has to call <see cref="Register"/>.</returns>
    public static bool Mark(Process process, in RunIdentity run)
    {
        if (!EventSetting.TryMark(process, run))
        {
            return false;
        }

        if (!run.IsCurrentIn(process))
        {
            // Another thread has restarted the object, and the mark may be that of the new run.
            Register(process, RunIdentity.Of(process));
        }

        return true;
    }

    /// <summary>
    /// Registers a wait for the exit if events are on. If another thread holds the lock of the object, tries again until that thread
    /// has let go. The tries take no thread, and one series of tries serves all waits of a run.
    /// </summary>
    public static void Register(Process process, in RunIdentity run)
    {
        if (!EventSetting.TryRegister(process, run))
        {
            Series series = new(run);
            if (TryAdd(process, series))
            {
                _ = RetryAsync(process, series);
            }
        }
    }

    /// <summary>
    /// Calls <see cref="Register"/> in the execution context of the call that began the wait, because handlers of Exited run in the context of the
    /// registration. The event loop passes no context, because handlers of an <see cref="AsyncLocal{T}"/> may run in the change of contexts.
    /// </summary>
    /// <param name="context">The context, or <see langword="null"/> if the handlers of Exited get none.</param>
    /// <param name="process">The object.</param>
    /// <param name="run">The run.</param>
    public static void RegisterIn(ExecutionContext? context, Process process, RunIdentity run)
    {
        if (context is not null)
        {
            ExecutionContext.Run(context, _ => Register(process, run), null);
        }
        else if (ExecutionContext.IsFlowSuppressed())
        {
            Register(process, run);
        }
        else
        {
            using (ExecutionContext.SuppressFlow())
            {
                Register(process, run);
            }
        }
    }

    private static async Task RetryAsync(Process process, Series series)
    {
        Interlocked.Increment(ref s_count);
        do
        {
            await Pause.ForAsync(Interval, CancellationToken.None).ConfigureAwait(false);

            // Before the try. A wait that ends after the try begins a series of its own.
            End(process, series);
        }
        while (!EventSetting.TryRegister(process, series.Run) && TryAdd(process, series));
        Interlocked.Decrement(ref s_count);
    }

    private static bool TryAdd(Process process, Series series)
    {
        lock (s_series)
        {
            if (s_series.TryGetValue(process, out Series? present) && present.Run.IsSameAs(series.Run))
            {
                return false;
            }

            // If the object was restarted, the series of the earlier run ends with its next try.
            s_series.AddOrUpdate(process, series);
            return true;
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

    private sealed class Series(RunIdentity run)
    {
        public RunIdentity Run => run;
    }
}
