using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

// Overview
//
// Constraints: after the exit of a child the runtime reaps it on its own thread, and only then do ExitCode and ExitTime work. That takes some tens
// of microseconds, unless a slow exec elsewhere holds the runtime's lock, other code has taken its SIGCHLD handler, or a tracer holds the
// child back. Other code may also reap the child itself, and then the runtime never knows. A spin on HasExited contends with the reaper.
//
// Scheme: a few looks through the pidfd, which take no lock, then the runtime's own event for the run, in slices. Between two slices the pidfd says
// whether the child has been reaped. If it has, a look at the Process object is final (ExitedEvent.Observe).

/// <summary>The blocking end of a wait: from the exit, which the pidfd has reported, to what the stock call promises.</summary>
internal static class ReapWait
{
    /// <summary>A wait without a limit ends this long after the exit, reaped or not.</summary>
    public const int LongestMilliseconds = 10_000;

    // A call with a limit of its own gives the reap this much at least.
    private const int LeastMilliseconds = 100;

    // Together some tens of microseconds, if no other thread wants the processor. To sleep and be woken takes as long.
    private const int LooksBeforeSleep = 50;

    private const int LongestSlice = 50;

    /// <summary>After the exit: waits until the runtime knows of it, and raises Exited as the stock call does.</summary>
    /// <param name="process">The object.</param>
    /// <param name="handle">The run; the caller holds a reference.</param>
    /// <param name="milliseconds">What is left of the caller's limit; -1 is none.</param>
    /// <param name="raiseIfOff">Whether to raise Exited even if events are off, as HasExited does.</param>
    /// <returns><see langword="true"/> if the stock members work or never will; <see langword="false"/> if the reap did not come in time.</returns>
    public static bool Complete(Process process, ProcessHandle handle, int milliseconds, bool raiseIfOff)
    {
        ExitCount.Note(handle);
        if (!handle.IsChild)
        {
            // Nothing to wait for: the process has another parent, or one that never reaps it.
            RuntimeState state = ExitedEvent.Observe(process, handle.Run, raiseIfOff);
            if (state != RuntimeState.DoesNotKnow || handle.IsReaped())
            {
                handle.Finish(RunEnd.KnownToRuntime);
            }

            return true;
        }

        int limit = milliseconds == Timeout.Infinite ? LongestMilliseconds : Math.Max(milliseconds, LeastMilliseconds);
        switch (WaitUntilKnown(process, handle, limit, raiseIfOff))
        {
            case RuntimeState.Knows or RuntimeState.HasAnotherRun:
                handle.Finish(RunEnd.KnownToRuntime);
                return true;
            case RuntimeState.DoesNotKnow when handle.IsReaped():
                handle.Finish(RunEnd.UnknownToRuntime);
                return true;
        }

        if (milliseconds == Timeout.Infinite)
        {
            PidFdEventSource.Log.ReapOverdue(handle.ProcessId, limit);
            return true;
        }

        return false;
    }

    /// <summary>
    /// After an exit whose status is all that the caller wants: counts it, and closes the pidfd if the reap comes within some tens of microseconds.
    /// Otherwise the event loop closes it.
    /// </summary>
    public static void FinishSoon(ProcessHandle handle)
    {
        ExitCount.Note(handle);
        for (int looks = 0; looks < LooksBeforeSleep && handle.IsChild && !IsKnown(handle); looks++)
        {
            Thread.Yield();
        }

        FinishLater.Begin(handle);
    }

    /// <summary>Whether the runtime knows of the exit of a child. Raises nothing and does not block.</summary>
    public static bool IsKnown(ProcessHandle handle) =>
        handle.IsReaped() && (!handle.Run.IsStarted || handle.Run.IsClosed || handle.Run.IsReaped());

    /// <summary>Waits for the runtime to know the exit code, for a status that no source tells. Raises nothing.</summary>
    public static void WaitForExitCode(ProcessHandle handle)
    {
        using ReapedEvent? reaped = handle.Run.OpenReapedEvent();
        if (reaped is not null && handle.IsReaped())
        {
            _ = reaped.WaitOne(LeastMilliseconds);
        }
    }

    /// <summary>What the object says in the end: it knows, it never will (the child has been reaped), or the limit was over first.</summary>
    private static RuntimeState WaitUntilKnown(Process process, ProcessHandle handle, int limit, bool raiseIfOff)
    {
        bool isReaped = false;
        for (int looks = 0; looks < LooksBeforeSleep && !(isReaped = handle.IsReaped()); looks++)
        {
            Thread.Yield();
        }

        long start = Stopwatch.GetTimestamp();
        using ReapedEvent? known = handle.Run.OpenReapedEvent();
        for (int slice = 1; ; slice = Math.Min(slice * 2, LongestSlice))
        {
            // Of a reaped child the object is asked at once. The runtime marks it under the lock that this look takes.
            int left = Math.Max(0, limit - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bool isOver = isReaped || WaitFor(known, Math.Min(slice, left)) || handle.IsReaped();
            if (isOver)
            {
                return ExitedEvent.Observe(process, handle.Run, raiseIfOff);
            }

            if (left == 0)
            {
                return handle.Run.IsCurrentIn(process) ? RuntimeState.DoesNotKnow : RuntimeState.HasAnotherRun;
            }

            if (known is null && !handle.Run.IsCurrentIn(process))
            {
                return RuntimeState.HasAnotherRun;
            }
        }
    }

    private static bool WaitFor(ReapedEvent? known, int milliseconds)
    {
        if (known is not null)
        {
            return known.WaitOne(milliseconds);
        }

        // A child that was fetched by PID: the runtime has an event for it, but no handle that this library could ask.
        Thread.Sleep(milliseconds);
        return false;
    }
}
