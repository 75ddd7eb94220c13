using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

/// <summary>
/// Waits for a run without a pidfd whose object was closed or restarted. Only its PID and its start time name the process then. It counts as ended
/// once its parent has reaped it.
/// </summary>
internal static class StartTimeWait
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Whether the object has lost the run, and the start time of the run is known.</summary>
    public static bool CanWait(in PinnedRun run) => run.Attachment.WithoutPidFd is { StartTicks: not 0 } && !run.IsCurrent;

    /// <summary>Blocks until the process has ended or the time is over. -1 waits without end.</summary>
    /// <exception cref="Win32Exception"><c>/proc</c> cannot be read, so that the process cannot be told from a later owner of its PID.</exception>
    public static bool Wait(in PinnedRun run, int milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        for (;;)
        {
            // The time is read before the look, so the last look comes after the end of the time.
            int left = TimeLimit.Left(milliseconds, start);
            bool isOver = HasEnded(run);
            if (isOver || left == 0)
            {
                return isOver;
            }

            Thread.Sleep(left < 0 || left > s_interval.Milliseconds ? s_interval.Milliseconds : left);
        }
    }

    /// <summary>Waits until the process has ended.</summary>
    /// <exception cref="Win32Exception"><c>/proc</c> cannot be read, so that the process cannot be told from a later owner of its PID.</exception>
    public static Task WaitAsync(PinnedRun run, CancellationToken cancellationToken) =>
        Pause.UntilAsync(() => HasEnded(run), s_interval, cancellationToken);

    private static bool HasEnded(in PinnedRun run)
    {
        StockRun proven = run.Attachment.WithoutPidFd!;
        Errno error = proven.Compare(run.Kernel, out bool isLost);

        // A shortage of descriptors or memory may be over at the next look.
        return error == 0 || SystemCallError.IsResource(error)
            ? isLost
            : throw SystemCallError.Failed(proven.StatFile, error);
    }
}
