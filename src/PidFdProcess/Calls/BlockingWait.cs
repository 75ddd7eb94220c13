using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>Waits for pinned runs on the calling thread, and answers whether a run has ended.</summary>
internal static class BlockingWait
{
    private const int MillisecondsBetweenLooks = 10;

    /// <summary>Blocks until the run has ended or the time is over. -1 waits without end.</summary>
    public static bool WaitForExit(in PinnedRun run, int milliseconds, WaitPromise promise)
    {
        if (run.Handle is not { } handle)
        {
            return run.IsOver
                ? ObserveOver(run, milliseconds, promise)
                : run.CountIfExited(WaitByRuntime(run, milliseconds, promise));
        }

        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        CallFailure failure = promise == WaitPromise.Exit && milliseconds != 0
            ? handle.PollForStatus(milliseconds, out bool exited)
            : handle.Poll(milliseconds, out exited);
        if (failure.IsFailure)
        {
            FallBack.Note(run, failure);
            return WaitByRuntime(run, TimeLimit.Left(milliseconds, start), promise);
        }

        if (!exited)
        {
            return false;
        }

        if (promise == WaitPromise.Exit)
        {
            ReapWait.CloseOnceReaped(handle);
            return true;
        }

        if (!ReapWait.Complete(run.Process, handle, TimeLimit.Left(milliseconds, start), raiseIfOff: false, out RuntimeState state))
        {
            return false;
        }

        if (promise == WaitPromise.StockStateAndOutput && state == RuntimeState.Knows)
        {
            OutputWait.Wait(run.Process, handle.Run);
        }

        return true;
    }

    public static bool HasExited(in PinnedRun run)
    {
        if (run.Handle is not { } handle)
        {
            if (!run.IsOver)
            {
                return run.CountIfExited(StockCalls.HasExited(run.Process));
            }

            ExitedEvent.Observe(run.Process, run.Attachment.Run, alsoIfOff: true, ReapWait.LeastMilliseconds);
            return true;
        }

        CallFailure failure = handle.Poll(0, out bool exited);
        if (failure.IsFailure)
        {
            FallBack.Note(run, failure);
            return StockCalls.HasExited(run.Process);
        }

        return exited && ReapWait.Complete(run.Process, handle, 0, raiseIfOff: true, out _);
    }

    /// <summary>
    /// Ends a wait for a run that is over. Raises Exited and waits for the streams if the stock call would do that. If another thread keeps the lock
    /// of the object, neither is done.
    /// </summary>
    private static bool ObserveOver(in PinnedRun run, int milliseconds, WaitPromise promise)
    {
        if (promise != WaitPromise.Exit
            && ExitedEvent.Observe(run.Process, run.Attachment.Run, alsoIfOff: false, ReapWait.LimitOf(milliseconds)) == RuntimeState.Knows
            && promise == WaitPromise.StockStateAndOutput)
        {
            OutputWait.Wait(run.Process, run.Attachment.Run);
        }

        return true;
    }

    private static bool WaitByRuntime(in PinnedRun run, int milliseconds, WaitPromise promise)
    {
        if (promise == WaitPromise.Exit)
        {
            return WaitWithoutRaising(run, milliseconds);
        }

        if (milliseconds != Timeout.Infinite || promise == WaitPromise.StockStateAndOutput)
        {
            return StockCalls.WaitForExit(run.Process, milliseconds);
        }

        return WaitWithoutLimit(run.Process);
    }

    /// <summary>Waits for the exit alone. The thread may be this library's own, so it must not raise Exited.</summary>
    private static bool WaitWithoutRaising(in PinnedRun run, int milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        Process process = run.Process;
        using ReapedEvent? reaped = process.EnableRaisingEvents ? run.Attachment.Run.OpenReapedEvent() : null;
        if (reaped is not null)
        {
            return reaped.WaitOne(milliseconds);
        }

        while (process.EnableRaisingEvents)
        {
            // The time is read before the look, so the last look comes after the end of the time.
            int left = TimeLimit.Left(milliseconds, start);
            bool isKnown = ExitedEvent.KnowsWithoutRaising(process, run.Attachment.Run);

            // Looked at after the answer, which may be of another run.
            if (!run.IsCurrent)
            {
                return WaitWithoutObject(run, left);
            }

            if (isKnown)
            {
                return true;
            }

            if (left == 0)
            {
                return false;
            }

            Thread.Sleep(left < 0 ? MillisecondsBetweenLooks : Math.Min(left, MillisecondsBetweenLooks));
        }

        if (!run.IsCurrent)
        {
            return WaitWithoutObject(run, TimeLimit.Left(milliseconds, start));
        }

        try
        {
            return milliseconds < 0 ? WaitWithoutLimit(process) : StockCalls.WaitForExit(process, TimeLimit.Left(milliseconds, start));
        }
        catch (InvalidOperationException) when (StartTimeWait.CanWait(run))
        {
            return StartTimeWait.Wait(run, TimeLimit.Left(milliseconds, start));
        }
    }

    private static bool WaitWithoutObject(in PinnedRun run, int milliseconds) =>
        StartTimeWait.CanWait(run) ? StartTimeWait.Wait(run, milliseconds) : throw StockCalls.Closed();

    private static bool WaitWithoutLimit(Process process)
    {
        // The stock method with -1 also waits for the streams. With the longest time it does not.
        while (!StockCalls.WaitForExit(process, int.MaxValue))
        {
        }

        return true;
    }
}
