using System.Diagnostics;

namespace PidFdProcess.Runtime;

// Overview
//
// Turns Process.EnableRaisingEvents on as a stock asynchronous wait does when it begins.
//
// Constraints: The setter registers a wait with the runtime. For an exit that this library watches anyway, that wait costs two wake-ups, which take a
// sixth of the time from the exit to the code that awaits it. The setter also blocks on the lock of the object. What the program sets during the wait
// has to stay.
//
// Scheme: Write the field behind the property at the begin of the wait. The wait raises Exited at its end. If it ends before the exit, register then,
// unless the program has turned events off since.

/// <summary>The property <see cref="Process.EnableRaisingEvents"/>.</summary>
internal static class EventSetting
{
    /// <summary>Turns the property on. Neither blocks nor runs user code.</summary>
    /// <returns>Whether it was off. If so, <see cref="TryRegister"/> has to follow, unless the caller raises Exited.</returns>
    public static bool TryMark(Process process, in RunIdentity run)
    {
        if (process.EnableRaisingEvents)
        {
            return false;
        }

        if (ProcessFields.TryMarkEventsAsOn(process))
        {
            return true;
        }

        try
        {
            process.EnableRaisingEvents = true;
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run) || ThreadShortage.IsCauseOf(e))
        {
            // The object was closed during the call and needs no events any more. Or the runtime cannot start the thread that waits for the exit.
        }

        return false;
    }

    /// <summary>
    /// Registers a wait if events are on, after a wait of this library that ended before the exit. Neither blocks nor runs user code.
    /// </summary>
    /// <returns><see langword="false"/> if another thread holds the lock of the object, and the wait still has to be registered.</returns>
    public static bool TryRegister(Process process, in RunIdentity run)
    {
        if (!Monitor.TryEnter(process))
        {
            return ProcessFields.HasRaisedExited(process) || !run.IsCurrentIn(process);
        }

        try
        {
            if (run.IsCurrentIn(process))
            {
                RegisterIfOn(process, run);
            }
        }
        finally
        {
            Monitor.Exit(process);
        }

        return true;
    }

    /// <summary>
    /// Registers a wait for the exit if events are on and the object has none. The caller holds the lock of the object, and has compared the run.
    /// </summary>
    public static void RegisterIfOn(Process process, in RunIdentity run)
    {
        if (!process.EnableRaisingEvents)
        {
            return;
        }

        try
        {
            ExitedRegistration.Ensure(process, run);
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run) || ThreadShortage.IsCauseOf(e))
        {
            // Another thread has closed the object since. Or the runtime cannot start the thread that waits for the exit, so Exited is not raised.
            // The exception would reach a thread whose wait has already ended.
        }

        if (!run.IsCurrentIn(process))
        {
            // Close() ends the registration of the object before it drops the run, and may have missed this one.
            MoveToPresentRun(process);
        }
    }

    /// <summary>
    /// Ends the registration of a former run, and registers for the run that the object has now. The caller holds the lock of the object.
    /// </summary>
    public static void MoveToPresentRun(Process process)
    {
        RegistrationFields.End(process);

        // A start notes its run, and then makes no registration if it finds one. It has no barrier between the two, so this one acts on its thread,
        // too. If this thread does not see the run afterwards, the start does not see the registration.
        Interlocked.MemoryBarrierProcessWide();
        RunIdentity present = RunIdentity.Of(process);
        if (present.IsStarted)
        {
            RegisterIfOn(process, present);
        }
    }
}
