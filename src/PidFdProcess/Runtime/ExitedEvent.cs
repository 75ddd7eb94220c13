using System.Diagnostics;

namespace PidFdProcess.Runtime;

/// <summary>What the Process object says of a run whose exit the pidfd has reported.</summary>
internal enum RuntimeState
{
    /// <summary>The runtime knows of the exit. HasExited and ExitTime work, and so does ExitCode of a child.</summary>
    Knows,

    /// <summary>
    /// The runtime takes the process for running, because its parent has not reaped it, or because other code has reaped the child.
    /// </summary>
    DoesNotKnow,

    /// <summary>The object was closed or restarted, so it knows nothing of this run.</summary>
    HasAnotherRun,
}

// Overview
//
// Constraints: A stock wait that finds the exit raises Exited on its own thread. Fields of the object decide whether it does, and a restart resets
// them. So a late wait for the first run can raise Exited for the second run. The runtime's own callback guards against that by lock(process) and a
// comparison of the wait handle. A waiting thread must not block on that lock while a handler runs, because the handler may wait for this thread. The
// stock wait would not block there.
//
// Scheme: If Exited may have to be raised, take the same lock, and compare the run before raising. Otherwise take no lock. A thread that finds the
// lock taken looks every 10 ms whether Exited was raised, because then nothing is left to do.
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
    public static RuntimeState Observe(Process process, in RunIdentity run, bool alsoIfOff)
    {
        try
        {
            if (ProcessFields.HasRaisedExited(process))
            {
                return StateAfterRaise(process, run);
            }

            if (!alsoIfOff && !process.EnableRaisingEvents)
            {
                bool exited = process.WaitForExit(0);
                return !run.IsCurrentIn(process) ? RuntimeState.HasAnotherRun : exited ? RuntimeState.Knows : RuntimeState.DoesNotKnow;
            }

            if (!TryLock(process, run))
            {
                return StateAfterRaise(process, run);
            }

            try
            {
                return !run.IsCurrentIn(process) ? RuntimeState.HasAnotherRun
                    : (alsoIfOff ? process.HasExited : process.WaitForExit(0)) ? RuntimeState.Knows
                    : RuntimeState.DoesNotKnow;
            }
            finally
            {
                Monitor.Exit(process);
            }
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            return RuntimeState.HasAnotherRun;
        }
    }

    /// <summary>
    /// Turns events on, and raises Exited if the runtime knows of the exit, as the end of a stock asynchronous wait does. Runs the handlers.
    /// </summary>
    public static RuntimeState EnableAndRaise(Process process, in RunIdentity run)
    {
        if (!TryLock(process, run))
        {
            return StateAfterRaise(process, run);
        }

        try
        {
            return EnableLocked(process, run, raise: true);
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>
    /// Does the same as <see cref="EnableAndRaise"/> for a thread that must neither run user code nor block. Fails if there is a handler, or if
    /// another thread holds the lock of the object.
    /// </summary>
    public static bool TryEnableWithoutHandlers(Process process, in RunIdentity run, out RuntimeState state)
    {
        state = RuntimeState.HasAnotherRun;
        if (ProcessFields.HasExitedHandler(process) || !Monitor.TryEnter(process))
        {
            return false;
        }

        try
        {
            if (ProcessFields.HasRaisedExited(process) || !run.IsCurrentIn(process))
            {
                state = EnableLocked(process, run, raise: false);
                return true;
            }

            // Another thread may add a handler at any time. The mark keeps this thread from running it. If there is a handler afterwards, the mark is
            // removed and the method fails, so that another thread runs the handler. A handler that is added after this check comes too late, as
            // after a stock raise.
            ProcessFields.MarkExitedAsRaised(process, true);
            state = EnableLocked(process, run, raise: false);
            bool isDone = state == RuntimeState.Knows && !ProcessFields.HasExitedHandler(process);
            if (!isDone)
            {
                ProcessFields.MarkExitedAsRaised(process, false);
            }

            return isDone || state != RuntimeState.Knows;
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>Turns events on after a wait that ended before the exit. The stock wait turns them on when it begins.</summary>
    public static void EnableForLater(Process process, in RunIdentity run)
    {
        if (!TryLock(process, run))
        {
            return;
        }

        try
        {
            if (run.IsCurrentIn(process))
            {
                process.EnableRaisingEvents = true;
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
    }

    /// <summary>Whether the runtime knows that the object's run has exited. Raises nothing, and does not ask the pidfd.</summary>
    public static bool KnowsWithoutRaising(Process process, in RunIdentity run) => !process.EnableRaisingEvents
        ? StockCalls.WaitForExit(process, 0)
        : run.IsStarted ? run.IsReaped() : ProcessFields.HasRaisedExited(process);

    /// <summary>
    /// Takes the lock of the object. If another thread holds it, fails as soon as Exited was raised, or the object was closed or restarted.
    /// </summary>
    private static bool TryLock(Process process, in RunIdentity run)
    {
        for (;;)
        {
            bool isDone = ProcessFields.HasRaisedExited(process) || !run.IsCurrentIn(process);
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

    /// <summary>
    /// The state after <see cref="TryLock"/> has failed. If the object still has this run, Exited was raised for it, so the runtime knows.
    /// </summary>
    private static RuntimeState StateAfterRaise(Process process, in RunIdentity run) =>
        run.IsCurrentIn(process) ? RuntimeState.Knows : RuntimeState.HasAnotherRun;

    private static RuntimeState EnableLocked(Process process, in RunIdentity run, bool raise)
    {
        try
        {
            if (!run.IsCurrentIn(process))
            {
                return RuntimeState.HasAnotherRun;
            }

            if (!process.WaitForExit(0))
            {
                process.EnableRaisingEvents = true;
                return RuntimeState.DoesNotKnow;
            }

            ProcessFields.EnableEventsAfterExit(process);
            if (!run.IsCurrentIn(process))
            {
                // Another thread has restarted the object during the call. The runtime has to register a wait for the events of the new run.
                ProcessFields.EnableEventsAgain(process);
                return RuntimeState.HasAnotherRun;
            }

            _ = raise && process.HasExited;
            return RuntimeState.Knows;
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            return RuntimeState.HasAnotherRun;
        }
    }
}
