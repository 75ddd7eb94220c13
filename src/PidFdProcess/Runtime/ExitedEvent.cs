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
// Scheme: a raise that is due happens under the same lock, after a comparison of the run. Without one there is no lock.
internal static class ExitedEvent
{
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
                // If this is the run that it was raised for, the runtime knows.
                return run.IsCurrentIn(process) ? RuntimeState.Knows : RuntimeState.HasAnotherRun;
            }

            if (!alsoIfOff && !process.EnableRaisingEvents)
            {
                bool exited = process.WaitForExit(0);
                return !run.IsCurrentIn(process) ? RuntimeState.HasAnotherRun : exited ? RuntimeState.Knows : RuntimeState.DoesNotKnow;
            }

            lock (process)
            {
                return !run.IsCurrentIn(process) ? RuntimeState.HasAnotherRun
                    : (alsoIfOff ? process.HasExited : process.WaitForExit(0)) ? RuntimeState.Knows
                    : RuntimeState.DoesNotKnow;
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
        try
        {
            lock (process)
            {
                if (!run.IsCurrentIn(process))
                {
                    return RuntimeState.HasAnotherRun;
                }

                if (process.WaitForExit(0))
                {
                    ProcessFields.EnableEventsAfterExit(process);
                    _ = process.HasExited;
                    return RuntimeState.Knows;
                }

                process.EnableRaisingEvents = true;
                return RuntimeState.DoesNotKnow;
            }
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            return RuntimeState.HasAnotherRun;
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
            if (ProcessFields.HasExitedHandler(process))
            {
                return false;
            }

            state = EnableAndRaise(process, run);
            return true;
        }
        finally
        {
            Monitor.Exit(process);
        }
    }

    /// <summary>After a wait that ended before the exit: leaves the events on, as the stock wait does from its begin.</summary>
    public static void EnableForLater(Process process, in RunIdentity run)
    {
        try
        {
            lock (process)
            {
                if (run.IsCurrentIn(process))
                {
                    process.EnableRaisingEvents = true;
                }
            }
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            // Closed in this moment: no events are wanted any more.
        }
    }

    /// <summary>Whether the runtime knows of the exit of the object's run. Raises nothing. For a run of which the kernel has said nothing.</summary>
    public static bool KnowsWithoutRaising(Process process, in RunIdentity run) => run.IsStarted
        ? run.IsReaped()
        : process.EnableRaisingEvents ? ProcessFields.HasRaisedExited(process) : StockCalls.WaitForExit(process, 0);
}
