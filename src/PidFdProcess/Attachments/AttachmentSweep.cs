using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

// Overview
//
// Closes pidfds that no call needs any more.
//
// Constraints: The app can close a Process object, and this library is not told. The app also need not wait for every process that it attaches. The
// entries of these processes must not pile up until the next garbage collection. The sweep raises no event.
//
// Scheme: A sweep on the thread pool checks all attachments. The next sweep begins after as many new attachments as the last sweep has left over. So
// each attachment pays for a constant share of a sweep. If descriptors are short, the next sweep begins earlier. The count goes on while a sweep is
// queued or runs, because that sweep may miss the newest attachments.

/// <summary>Closes the pidfds of closed objects and of processes that have exited and were reaped.</summary>
internal sealed class AttachmentSweep(AttachmentTable table)
{
    private const int MinimumBetween = 256;

    // An attachment that may not keep its descriptor brings the next sweep as near as this many others.
    private const int WeightOfShortage = 16;

    private int _untilNext = MinimumBetween;

    public void NoteAttached(bool isShort)
    {
        int weight = isShort ? WeightOfShortage : 1;
        int left = Interlocked.Add(ref _untilNext, -weight);
        if (left <= 0 && left + weight > 0)
        {
            Queue();
        }
    }

    private void Queue()
    {
        try
        {
            QueueOnPool();
        }
        catch (Exception e) when (Telemetry.IsLoadFailure(e) || ThreadShortage.IsCauseOf(e))
        {
            // The runtime cannot load or start what the pool needs, and the call that attaches must not fail. The next attachment tries again.
            Interlocked.Exchange(ref _untilNext, 1);
        }
    }

    // A method of its own, because the runtime loads what a method needs before its first line runs.
    private void QueueOnPool() => ThreadPool.UnsafeQueueUserWorkItem(static sweep => sweep.Run(), this, preferLocal: false);

    private void Run()
    {
        int left = 0;
        foreach ((Process process, ProcessAttachment attachment) in table.All())
        {
            if (attachment.Handle is { RunEnd: RunEnd.None } handle)
            {
                if (!attachment.Run.IsCurrentIn(process))
                {
                    // A closed object is rarely attached again, so its entry goes, too. A detached object keeps its entry.
                    table.Remove(process, attachment, isForGood: true);
                    continue;
                }

                CloseIfReaped(process, handle);
            }

            left++;
        }

        // The count is not positive during a sweep, so that no attachment queues another one. If it is still not positive now, enough attachments
        // were added for another sweep.
        if (Interlocked.Add(ref _untilNext, Math.Max(MinimumBetween, left)) <= 0)
        {
            Queue();
        }
    }

    /// <summary>Closes the pidfd if the process has exited and was reaped. Raises nothing.</summary>
    internal static void CloseIfReaped(Process process, ProcessHandle handle)
    {
        if (!handle.TryAddRef())
        {
            return;
        }

        try
        {
            if (!handle.Poll(0, out bool exited).IsFailure && exited)
            {
                ExitCount.CaptureAndCountExit(handle);

                // The event of the reap is closed with the SafeHandle of the object.
                if (handle.Run is { IsStarted: true, IsClosed: false } started ? started.IsReaped() : handle.IsReaped())
                {
                    handle.NoteEnd(RunEnd.KnownToRuntime);
                }
                else if (IsReapedByOthers(process, handle))
                {
                    handle.NoteReaped();
                }
            }
        }
        finally
        {
            handle.Release();
        }
    }

    // The runtime keeps the lock of its state from the reap until the exit is noted. So if the kernel has reported the reap before, this is final.
    private static bool IsReapedByOthers(Process process, ProcessHandle handle) =>
        handle.Run.IsStarted
        && handle.IsReaped()
        && !RuntimeExit.IsNoted(process)
        && RuntimeExit.CanLook
        && handle.Run.IsCurrentIn(process);
}
