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
// Scheme: Write the field behind the property at the begin of the wait. The wait raises Exited at its end. If it ends before the exit, let the
// runtime register, unless the program has turned events off since.

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
            RegisterIfThreadsSuffice(static each => each.EnableRaisingEvents = true, process);
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            // The object was closed during the call and needs no events any more.
        }

        return false;
    }

    /// <summary>
    /// Lets the runtime register a wait if events are on, after a wait of this library that ended before the exit. Neither blocks nor runs user code.
    /// </summary>
    /// <returns><see langword="false"/> if another thread holds the lock of the object, and the runtime still has to register.</returns>
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
    /// Lets the runtime register a wait if events are on and it has none. The caller holds the lock of the object, and has compared the run.
    /// </summary>
    public static void RegisterIfOn(Process process, RunIdentity run)
    {
        while (process.EnableRaisingEvents)
        {
            try
            {
                RegisterIfThreadsSuffice(ProcessFields.Watch, process);
            }
            catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
            {
                // Another thread has closed the object since.
            }

            if (run.IsCurrentIn(process))
            {
                return;
            }

            // Close() has ended the registrations before this one was made. If this one stayed, the exit of the former run would raise Exited for the
            // next run.
            ProcessFields.StopWatching(process);

            // A start notes its run, and then makes no registration if it finds one. It has no barrier between the two, so this one acts on its
            // thread, too. If this thread does not see the run afterwards, the start does not see the registration.
            Interlocked.MemoryBarrierProcessWide();
            run = RunIdentity.Of(process);
            if (!run.IsStarted)
            {
                return;
            }
        }
    }

    // If the runtime cannot start the thread that it needs, Exited is not raised. An exception would reach the event loop, whose wait has already
    // ended.
    private static void RegisterIfThreadsSuffice(Action<Process> register, Process process)
    {
        try
        {
            register(process);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The runtime waits for the exit on a thread, and cannot start it.
        }
    }
}
