using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>Waits for pinned runs on the calling thread, and answers whether a run has ended.</summary>
internal static class BlockingWait
{
    /// <summary>
    /// Blocks until the run has ended as the promise says, or the time is over. -1 waits without end. <see cref="ExitOnlyWait"/> waits for the exit
    /// alone.
    /// </summary>
    public static bool WaitForExit(in PinnedRun run, int milliseconds, WaitPromise promise)
    {
        if (run.Handle is not { } handle)
        {
            return run.IsOver
                ? ObserveOver(run, milliseconds, promise)
                : run.CountIfExited(WaitByRuntime(run, milliseconds, promise));
        }

        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        CallFailure failure = handle.Poll(milliseconds, out bool exited);
        if (failure.IsFailure)
        {
            FallBack.Note(run, failure);
            return WaitByRuntime(run, TimeLimit.Left(milliseconds, start), promise);
        }

        if (!exited)
        {
            return false;
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
        if (ExitedEvent.Observe(run.Process, run.Attachment.Run, alsoIfOff: false, ReapWait.LimitOf(milliseconds)) == RuntimeState.Knows
            && promise == WaitPromise.StockStateAndOutput)
        {
            OutputWait.Wait(run.Process, run.Attachment.Run);
        }

        return true;
    }

    private static bool WaitByRuntime(in PinnedRun run, int milliseconds, WaitPromise promise) =>
        milliseconds == Timeout.Infinite && promise != WaitPromise.StockStateAndOutput
            ? StockCalls.WaitWithoutLimit(run.Process)
            : StockCalls.WaitForExit(run.Process, milliseconds);
}
