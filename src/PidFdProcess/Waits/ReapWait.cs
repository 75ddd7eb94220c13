using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

// Overview
//
// Waits from the exit until the runtime has reaped the child.
//
// Constraints: The runtime reaps an exited child on a thread of its own. ExitCode and ExitTime work only after that. The reap usually takes some tens
// of microseconds. It takes longer while another thread starts a program slowly, because the start holds the lock that the reap needs. It also takes
// longer if other code has replaced the runtime's handler of SIGCHLD, or if a tracer holds the child back. If other code reaps the child, the runtime
// never learns of the exit. A spin on HasExited slows the reap down, because it takes the same lock.
//
// Scheme: Look a few times through the pidfd, which takes no lock. Then wait in slices for the runtime's own event of the run. After each slice the
// pidfd tells whether the child has been reaped. If it has, the next look at the Process object is final (ExitedEvent.Observe).

/// <summary>The blocking end of a wait, from the exit that the pidfd has reported to the state that the stock call promises.</summary>
internal static class ReapWait
{
    /// <summary>A wait without a limit ends this long after the exit, even if the child has not been reaped.</summary>
    public const int LongestMilliseconds = 10_000;

    /// <summary><see cref="LongestMilliseconds"/> as a time.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(LongestMilliseconds);

    /// <summary>A call waits at least this long for the reap, or for the lock of the object, even if less of its limit is left.</summary>
    public const int LeastMilliseconds = 100;

    // If no other thread wants the processor, these looks take some tens of microseconds. A sleep would not be shorter.
    private const int LooksBeforeSleep = 50;

    private const int LongestSlice = 50;

    // On a busy machine each of these looks may take some milliseconds, because other threads get the processor first.
    private static readonly TimeSpan s_longestLooks = TimeSpan.FromMilliseconds(1);

    // If the kernel reports the reap and the runtime's event does not, an asynchronous wait asks the Process object after this time. The question
    // takes the runtime's lock.
    private static readonly TimeSpan s_ignorance = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns how long a call waits after the exit for the reap and for the lock of the object, by the time that is left to it.</summary>
    public static int LimitOf(int milliseconds) =>
        milliseconds == Timeout.Infinite ? LongestMilliseconds : Math.Max(milliseconds, LeastMilliseconds);

    /// <summary>Waits after the exit until the runtime knows of it, and raises Exited as the stock call does.</summary>
    /// <param name="process">The object.</param>
    /// <param name="handle">The run. The caller holds a reference.</param>
    /// <param name="milliseconds">The time that is left of the caller's limit, or -1 if there is none.</param>
    /// <param name="raiseIfOff">Whether to raise Exited even if events are off, as HasExited does.</param>
    /// <param name="state">What the object said last.</param>
    /// <returns>
    /// <see langword="true"/> if the stock members work, or if the runtime will never learn of the exit. <see langword="false"/> if the child was not
    /// reaped within the limit. Without a limit always <see langword="true"/>.
    /// </returns>
    public static bool Complete(Process process, ProcessHandle handle, int milliseconds, bool raiseIfOff, out RuntimeState state)
    {
        ExitCount.CaptureAndCountExit(handle);
        int limit = LimitOf(milliseconds);
        if (!handle.IsChild)
        {
            // The runtime does not reap this process, so there is nothing to wait for.
            state = ExitedEvent.Observe(process, handle.Run, raiseIfOff, limit);
            StockEnd.NoteState(handle, state);
            return true;
        }

        state = WaitUntilKnown(process, handle, limit, raiseIfOff);
        switch (state)
        {
            case not RuntimeState.DoesNotKnow:
                handle.NoteEnd(RunEnd.KnownToRuntime);
                return true;
            case RuntimeState.DoesNotKnow when handle.IsReaped():
                handle.NoteReaped();
                return true;
        }

        if (milliseconds == Timeout.Infinite)
        {
            PidFdEventSource.Log?.ReapOverdue(handle.ProcessId, limit);
            return true;
        }

        return false;
    }

    /// <summary>
    /// Ends a wait whose caller wants the status alone. Counts the exit, and closes the pidfd if the child is reaped within some tens of
    /// microseconds, or within a millisecond on a busy machine. Otherwise the event loop closes it.
    /// </summary>
    public static void CloseOnceReaped(ProcessHandle handle)
    {
        ExitCount.CaptureAndCountExit(handle);
        long start = Stopwatch.GetTimestamp();
        for (int looks = 0; handle.IsChild && !IsKnown(handle) && MayLookAgain(looks, start); looks++)
        {
            Thread.Yield();
        }

        CloseAfterReap.Begin(handle);
    }

    /// <summary>Whether the runtime knows of the exit of a child. Raises nothing and does not block.</summary>
    public static bool IsKnown(ProcessHandle handle) =>
        handle.IsReaped() && (!handle.Run.IsStarted || handle.Run.IsClosed || handle.Run.IsReaped());

    /// <summary>
    /// Whether an asynchronous wait for a child ends now, because the runtime knows of the exit or will never know, the object has another run, or
    /// the limit is over. Raises nothing and does not block. The caller holds a reference.
    /// </summary>
    public static bool IsOver(Process process, ProcessHandle handle, TimeSpan sinceExit)
    {
        if (IsKnown(handle) || !handle.Run.IsCurrentIn(process) || (sinceExit > s_ignorance && IsReapedBy(handle)))
        {
            return true;
        }

        if (sinceExit < Longest)
        {
            return false;
        }

        TellOverdueOnPool(handle.ProcessId);
        return true;
    }

    // The kernel tells the reap by pidfd_send_signal. If a filter of seccomp has forbidden that since the probe, the runtime's own event tells it.
    private static bool IsReapedBy(ProcessHandle handle) => handle.IsReaped() || handle.Run is { IsClosed: false } run && run.IsReaped();

    /// <summary>Waits at most 100 ms until the runtime knows the exit code, for a status that no other source tells. Raises nothing.</summary>
    public static void WaitForExitCode(ProcessHandle handle)
    {
        using ReapedEvent? reaped = handle.Run.OpenReapedEvent();
        if (reaped is not null && handle.IsReaped())
        {
            _ = reaped.WaitOne(LeastMilliseconds);
        }
    }

    /// <summary>
    /// Writes the event on the thread pool, because listeners are user code and this may be the event loop. The first use of the event source calls
    /// listeners, too.
    /// </summary>
    private static void TellOverdueOnPool(int processId) =>
        PoolWork.Queue(static late => PidFdEventSource.Log?.ReapOverdue(late, LongestMilliseconds), processId);

    /// <summary>
    /// Waits until the object knows of the exit, the child has been reaped, or the limit is over. Returns what the object says then.
    /// </summary>
    private static RuntimeState WaitUntilKnown(Process process, ProcessHandle handle, int limit, bool raiseIfOff)
    {
        long start = Stopwatch.GetTimestamp();
        bool isReaped;
        for (int looks = 0; !(isReaped = handle.IsReaped()) && MayLookAgain(looks, start); looks++)
        {
            Thread.Yield();
        }

        using ReapedEvent? known = handle.Run.OpenReapedEvent();
        for (int slice = 1; ; slice = Math.Min(slice * 2, LongestSlice))
        {
            // If the child has been reaped, the object is asked at once. The runtime reaps and notes that under the lock that this look takes.
            int left = Math.Max(0, limit - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bool isOver = isReaped || WaitFor(known, Math.Min(slice, left)) || handle.IsReaped();
            if (isOver)
            {
                return ExitedEvent.Observe(process, handle.Run, raiseIfOff, Math.Max(left, LeastMilliseconds));
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

    private static bool MayLookAgain(int looks, long start) => looks < LooksBeforeSleep && Stopwatch.GetElapsedTime(start) < s_longestLooks;

    private static bool WaitFor(ReapedEvent? known, int milliseconds)
    {
        if (known is not null)
        {
            return known.WaitOne(milliseconds);
        }

        // The object was fetched by PID or is closed. The runtime has an event for the child, but this library has no handle to it.
        Thread.Sleep(milliseconds);
        return false;
    }
}
