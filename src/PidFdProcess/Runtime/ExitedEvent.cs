using System.Diagnostics;

namespace PidFdProcess.Runtime;

/// <summary>What the Process object says of a run whose exit the pidfd has reported.</summary>
internal enum RuntimeState
{
    /// <summary>The runtime knows the exit: HasExited, ExitCode of a child, and ExitTime work.</summary>
    Knows,

    /// <summary>The runtime takes the process for running: its parent has not reaped it, or the runtime is not the one that reaped it.</summary>
    DoesNotKnow,

    /// <summary>The object was closed or restarted, so it has nothing to say of this run.</summary>
    HasAnotherRun,
}

// Overview
//
// Constraints: a stock wait that finds the exit raises Exited on its thread. It decides that by fields of the object, which a restart resets. So
// a wait for the first run that is late raises Exited for the second one. Stock protects its own callback by lock(process) and a comparison.
// A thread that waits must not block on that lock while a handler runs, because the stock wait would not: the handler may wait for it.
//
// Scheme: a raise that is due happens under the same lock, after a comparison of the run. Without one there is no lock. A thread that finds the lock
// taken looks now and then whether Exited was raised, because then nothing is left to do.
internal static class ExitedEvent
{
    private const int MillisecondsBetweenLooks = 10;

    /// <summary>
    /// Looks whether the runtime knows of the exit, and raises Exited where the stock call would. The look takes the lock under which the runtime
    /// reaps, so after a reap that the kernel has reported, <see cref="RuntimeState.DoesNotKnow"/> is final.
    /// </summary>
    /// <param name="process">The object.</param>
    /// <param name="run">The run that is meant.</param>
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
    /// Leaves the events as the end of a stock asynchronous wait does: on, and Exited raised if the runtime knows of the exit. Runs the handlers.
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
    /// As <see cref="EnableAndRaise"/>, for a thread that must not run user code nor block; fails if there is a handler, or if another thread has
    /// the lock of the object.
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

            // Another thread may add a handler at any time. The mark keeps this thread from running it. As in the stock raise, a handler that was
            // added before the mark is due, and one that is added later is too late.
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

    /// <summary>After a wait that ended before the exit: leaves the events on, as the stock wait does from its begin.</summary>
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
            // Closed in this moment: no events are wanted any more.
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>Whether the runtime knows of the exit of the object's run. Raises nothing. For a run of which the kernel has said nothing.</summary>
    public static bool KnowsWithoutRaising(Process process, in RunIdentity run) => !process.EnableRaisingEvents
        ? StockCalls.WaitForExit(process, 0)
        : run.IsStarted ? run.IsReaped() : ProcessFields.HasRaisedExited(process);

    /// <summary>Takes the lock of the object; fails if Exited was raised and a handler has the lock, or if the run is over in the object.</summary>
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

    /// <summary>Exited was raised. If that was for this run, the runtime knows.</summary>
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
                // Another thread has restarted the object in this moment. The new run needs a wait of the runtime for its events.
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
