using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>
/// Waits on the calling thread for the exit alone, whether or not the process has been reaped. These waits need the event loop, which closes the
/// pidfd later. They have a class of their own, so that a program without them goes without the loop if it is compiled ahead of time.
/// </summary>
internal static class ExitOnlyWait
{
    private const int MillisecondsBetweenLooks = 10;

    /// <summary>Blocks until the process has exited or the time is over. -1 waits without end.</summary>
    public static bool WaitForExit(in PinnedRun run, int milliseconds)
    {
        if (run.Handle is not { } handle)
        {
            return run.IsOver || run.CountIfExited(WaitByRuntime(run, milliseconds));
        }

        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        CallFailure failure = milliseconds != 0
            ? handle.PollForStatus(milliseconds, out bool exited)
            : handle.Poll(milliseconds, out exited);
        if (failure.IsFailure)
        {
            FallBack.Note(run, failure);
            return WaitByRuntime(run, TimeLimit.Left(milliseconds, start));
        }

        if (exited)
        {
            ReapWait.CloseOnceReaped(handle);
        }

        return exited;
    }

    /// <summary>Waits for the exit alone. The thread may be this library's own, so it must not raise Exited.</summary>
    private static bool WaitByRuntime(in PinnedRun run, int milliseconds)
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
            return milliseconds < 0 ? StockCalls.WaitWithoutLimit(process) : StockCalls.WaitForExit(process, TimeLimit.Left(milliseconds, start));
        }
        catch (InvalidOperationException) when (StartTimeWait.CanWait(run))
        {
            return StartTimeWait.Wait(run, TimeLimit.Left(milliseconds, start));
        }
    }

    private static bool WaitWithoutObject(in PinnedRun run, int milliseconds) =>
        StartTimeWait.CanWait(run) ? StartTimeWait.Wait(run, milliseconds) : throw StockCalls.Closed();
}
