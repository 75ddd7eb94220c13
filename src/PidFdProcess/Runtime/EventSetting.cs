using System.Diagnostics;

namespace PidFdProcess.Runtime;

/// <summary>Turns <see cref="Process.EnableRaisingEvents"/> on where a stock asynchronous wait would have done so when it began.</summary>
internal static class EventSetting
{
    /// <summary>
    /// Turns events on, so that the runtime registers a wait for the exit. If the runtime cannot start the thread that it needs, Exited is not
    /// raised. An exception would reach the event loop, whose wait has already ended.
    /// </summary>
    /// <param name="process">The object.</param>
    /// <param name="again">Whether to register a wait even if the property says that events are on.</param>
    public static void TurnOn(Process process, bool again = false)
    {
        try
        {
            if (again)
            {
                ProcessFields.EnableEventsAgain(process);
            }
            else
            {
                process.EnableRaisingEvents = true;
            }
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The runtime waits for the exit on a thread, and cannot start it.
        }
    }

    /// <summary>
    /// Turns events on after a wait that ended before the exit. The stock wait turns them on when it begins. Neither blocks nor runs user code.
    /// </summary>
    /// <param name="process">The object.</param>
    /// <param name="run">The run.</param>
    /// <param name="isMarked">
    /// Whether the property says already that events are on, so that the runtime has to register a wait for them. If the program has turned them off
    /// since, they stay off.
    /// </param>
    /// <returns><see langword="false"/> if another thread holds the lock of the object, and Exited was not raised.</returns>
    public static bool TryTurnOnForLater(Process process, in RunIdentity run, bool isMarked = false)
    {
        if (!Monitor.TryEnter(process))
        {
            return ProcessFields.HasRaisedExited(process) || !run.IsCurrentIn(process);
        }

        try
        {
            if (run.IsCurrentIn(process) && (!isMarked || process.EnableRaisingEvents))
            {
                TurnOn(process, again: isMarked);
            }
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            // The object was closed during the call and needs no events any more.
        }
        finally
        {
            Monitor.Exit(process);
        }

        return true;
    }
}
