using System.Diagnostics;

namespace PidFdProcess.Runtime;

// Overview
//
// Raises the event Exited where the stock calls would raise it, and never for another run.
//
// Constraints: A stock wait that finds the exit raises Exited on its own thread. Fields of the object decide whether it does, and a restart resets
// them. So a late wait for the first run can raise Exited for the second run. The runtime's own callback guards against that by lock(process) and a
// comparison of the wait handle. A waiting thread must not block on that lock while a handler runs, because the handler may wait for this thread. The
// stock wait would not block there.
//
// Scheme: If Exited cannot have to be raised, take no lock. Otherwise take the same lock. Look without raising, mark the event as raised, and compare
// the run. Then run the handlers, or remove the mark. A thread that finds the lock taken looks every 10 ms whether Exited was raised, because then
// nothing is left to do.

/// <summary>Looks whether the runtime knows of an exit, and raises Exited.</summary>
internal static class ExitedEvent
{
    private const int MillisecondsBetweenLooks = 10;

    /// <summary>
    /// Looks whether the runtime knows of the exit, and raises Exited where the stock call would. The look takes the lock under which the runtime
    /// reaps. So if the kernel has reported the reap before, <see cref="RuntimeState.DoesNotKnow"/> is final.
    /// </summary>
    /// <param name="process">The object.</param>
    /// <param name="run">The run to look for.</param>
    /// <param name="alsoIfOff">Whether to raise even if events are off, as <see cref="Process.HasExited"/> does.</param>
    /// <param name="milliseconds">
    /// How long to wait for the lock if another thread holds it and has not raised Exited. Without the lock nothing is raised. If events are on, the
    /// runtime raises Exited later. If they are off, the next call of <see cref="Process.HasExited"/> does.
    /// </param>
    public static RuntimeState Observe(Process process, in RunIdentity run, bool alsoIfOff, int milliseconds)
    {
        try
        {
            if (HasRaised(process, run))
            {
                return StateAfterRaise(process, run);
            }

            if (!alsoIfOff && !process.EnableRaisingEvents)
            {
                bool exited = Knows(process, run);
                return !run.IsCurrentIn(process) ? RuntimeState.HasAnotherRun : exited ? RuntimeState.Knows : RuntimeState.DoesNotKnow;
            }
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            return RuntimeState.HasAnotherRun;
        }

        if (!TryLock(process, run, milliseconds))
        {
            return StateWithoutLock(process, run);
        }

        try
        {
            return LookAndRaise(process, run);
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>
    /// Raises Exited if the runtime knows of the exit, as the end of a stock asynchronous wait does. Runs the handlers.
    /// </summary>
    /// <returns><see langword="false"/> if another thread holds the lock of the object, and Exited was not raised.</returns>
    public static bool TryRaise(Process process, in RunIdentity run, out RuntimeState state)
    {
        if (!TryLock(process, run, milliseconds: 0))
        {
            state = StateWithoutLock(process, run);

            // Another look could find Exited raised since, and the state would not fit. A wait for the streams depends on the state.
            return state is RuntimeState.HasAnotherRun or RuntimeState.Knows;
        }

        try
        {
            state = LookAndRaise(process, run);
            RegisterIfUnknown(process, run, state);
            return true;
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>
    /// Does the same as <see cref="TryRaise"/> for a thread that must neither run user code nor block. Fails if there is a handler, or if another
    /// thread holds the lock of the object.
    /// </summary>
    public static bool TryEndWithoutHandlers(Process process, in RunIdentity run, out RuntimeState state)
    {
        state = RuntimeState.HasAnotherRun;
        if (ProcessFields.HasExitedHandler(process) || !Monitor.TryEnter(process))
        {
            return false;
        }

        try
        {
            // Another thread may add a handler at any time. If there is one after the look, the mark is removed and the method fails, so that another
            // thread runs the handler. A handler that is added after this check comes too late, as after a stock raise.
            state = LookAndMark(process, run, out bool isMarked);
            if (isMarked && ProcessFields.HasExitedHandler(process))
            {
                ProcessFields.MarkExitedAsRaised(process, false);
                return false;
            }

            RegisterIfUnknown(process, run, state);
            return true;
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>
    /// Raises Exited for an exit that the runtime knows of, unless Exited was raised. Runs the handlers. The caller holds the lock of the object.
    /// </summary>
    public static void RaiseOnce(Process process, in RunIdentity run)
    {
        if (!ProcessFields.HasRaisedExited(process) && TryMark(process, run))
        {
            ProcessFields.RaiseMarked(process);
        }
    }

    /// <summary>Marks Exited as raised if the object still has the run. The caller holds the lock of the object.</summary>
    public static bool TryMark(Process process, in RunIdentity run)
    {
        // Close() takes the lock, then drops the run, and then removes the mark. So it removes a mark that was set while the object had the run. A
        // mark that was set later would stay for the next run, so it is removed here.
        ProcessFields.MarkExitedAsRaised(process, true);
        bool isCurrent = run.IsCurrentIn(process);
        if (!isCurrent)
        {
            ProcessFields.MarkExitedAsRaised(process, false);
        }

        return isCurrent;
    }

    /// <summary>Whether the runtime knows that the object's run has exited. Raises nothing, and does not ask the pidfd.</summary>
    public static bool KnowsWithoutRaising(Process process, in RunIdentity run) => run.IsStarted && RuntimeExit.CanLook
        // Another thread may turn events on between a look at them and a stock call, which would raise Exited.
        ? RuntimeExit.IsNoted(process)
        : !process.EnableRaisingEvents ? StockCalls.WaitForExit(process, 0)
        : run is { IsStarted: true, IsClosed: false } ? run.IsReaped()
        : ProcessFields.HasRaisedExited(process) || RuntimeExit.IsNoted(process);

    // A thread that holds the lock may remove the mark again. So if another thread holds it, the mark proves nothing. The runtime's own event of a
    // child decides, and what it has noted of another process.
    private static bool IsRaiseProven(Process process, in RunIdentity run) =>
        run.IsClosed || (run.IsStarted ? run.IsReaped() : !RuntimeExit.CanLook || RuntimeExit.IsNoted(process));

    private static bool HasRaised(Process process, in RunIdentity run)
    {
        if (!ProcessFields.HasRaisedExited(process))
        {
            return false;
        }

        if (!Monitor.TryEnter(process))
        {
            return IsRaiseProven(process, run);
        }

        try
        {
            return ProcessFields.HasRaisedExited(process);
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>
    /// Takes the lock of the object. If another thread holds it, fails as soon as Exited was raised, the object was closed or restarted, or the time
    /// is over.
    /// </summary>
    private static bool TryLock(Process process, in RunIdentity run, int milliseconds)
    {
        long start = Environment.TickCount64;
        for (;;)
        {
            bool isDone = ProcessFields.HasRaisedExited(process) || !run.IsCurrentIn(process)
                || Environment.TickCount64 - start >= milliseconds;
            if (Monitor.TryEnter(process, isDone ? 0 : MillisecondsBetweenLooks))
            {
                return true;
            }

            if (isDone)
            {
                return false;
            }
        }
    }

    /// <summary>The state if Exited was raised for this run, unless the object has another one by now.</summary>
    private static RuntimeState StateAfterRaise(Process process, in RunIdentity run) =>
        run.IsCurrentIn(process) ? RuntimeState.Knows : RuntimeState.HasAnotherRun;

    /// <summary>The state if another thread keeps the lock.</summary>
    private static RuntimeState StateWithoutLock(Process process, in RunIdentity run) =>
        !run.IsCurrentIn(process) ? RuntimeState.HasAnotherRun
        : ProcessFields.HasRaisedExited(process) && IsRaiseProven(process, run) ? RuntimeState.Knows
        : run.IsReaped() || RuntimeExit.IsNoted(process) ? RuntimeState.KnowsUnraised
        : RuntimeState.DoesNotKnow;

    /// <summary>Looks whether the runtime knows of the exit. If it does and Exited was not raised, raises it. The caller holds the lock.</summary>
    private static RuntimeState LookAndRaise(Process process, in RunIdentity run)
    {
        RuntimeState state = LookAndMark(process, run, out bool isMarked);
        if (isMarked)
        {
            ProcessFields.RaiseMarked(process);
        }

        return state;
    }

    /// <summary>
    /// Looks whether the runtime knows of the exit. If it does and Exited was not raised, marks it as raised. The caller holds the lock of the
    /// object, and then raises the event or removes the mark.
    /// </summary>
    private static RuntimeState LookAndMark(Process process, in RunIdentity run, out bool isMarked)
    {
        isMarked = false;
        try
        {
            bool isKnown = Knows(process, run);
            if (!run.IsCurrentIn(process))
            {
                return RuntimeState.HasAnotherRun;
            }

            if (!isKnown)
            {
                return RuntimeState.DoesNotKnow;
            }
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            return RuntimeState.HasAnotherRun;
        }

        if (ProcessFields.HasRaisedExited(process))
        {
            return StateAfterRaise(process, run);
        }

        isMarked = TryMark(process, run);
        return isMarked ? RuntimeState.Knows : RuntimeState.HasAnotherRun;
    }

    // The wait ends, and the runtime raises Exited once it knows of the exit.
    private static void RegisterIfUnknown(Process process, in RunIdentity run, RuntimeState state)
    {
        if (state == RuntimeState.DoesNotKnow)
        {
            EventSetting.RegisterIfOn(process, run);
        }
    }

    // The event of the run is no other run's. If it is not set, the question takes the lock under which the runtime reaps, so its answer is final.
    private static bool Knows(Process process, in RunIdentity run) => run.IsReaped() || ProcessFields.AskHasExited(process, refresh: true);
}
