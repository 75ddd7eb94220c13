using System.Diagnostics;
using PidFdProcess.Handles;

namespace PidFdProcess.Attachments;

// Overview
//
// Constraints: a Process object is closed without a word to this library, and an app need not wait for every process that it attaches. Such
// entries must not pile up until the next garbage collection. The sweep raises no event.
//
// Scheme: every so many attachments a sweep on the thread pool looks at all of them: as many as the last sweep left over, so that each attachment
// pays for a constant share of a sweep. The count goes on while a sweep is queued or runs, because that one may not find the newest.

/// <summary>Closes the pidfds of closed objects and of processes that have exited and were reaped.</summary>
internal sealed class AttachmentSweep(AttachmentTable table)
{
    private const int MinimumBetween = 256;

    private int _untilNext = MinimumBetween;

    public void NoteAttached()
    {
        if (Interlocked.Decrement(ref _untilNext) == 0)
        {
            Queue();
        }
    }

    private void Queue() => ThreadPool.UnsafeQueueUserWorkItem(static sweep => sweep.Run(), this, preferLocal: false);

    private void Run()
    {
        int left = 0;
        foreach ((Process process, ProcessAttachment attachment) in table.All())
        {
            if (attachment.Handle is { RunEnd: RunEnd.None } handle)
            {
                if (!attachment.Run.IsCurrentIn(process))
                {
                    // A closed object hardly comes back. One that was detached may.
                    table.Remove(process, attachment, isForGood: true);
                    continue;
                }

                FinishIfReaped(handle);
            }

            left++;
        }

        // While the count is not positive, attachments count without queueing another sweep.
        if (Interlocked.Add(ref _untilNext, Math.Max(MinimumBetween, left)) <= 0)
        {
            Queue();
        }
    }

    /// <summary>Closes the pidfd of a process that has exited and was reaped. Raises nothing.</summary>
    internal static void FinishIfReaped(ProcessHandle handle)
    {
        if (!handle.TryAddRef())
        {
            return;
        }

        try
        {
            if (!handle.Poll(0, out bool exited).IsFailure && exited)
            {
                ExitCount.Note(handle);
                if (!handle.Run.IsStarted ? handle.IsReaped() : handle.Run.IsReaped())
                {
                    handle.Finish(RunEnd.KnownToRuntime);
                }
            }
        }
        finally
        {
            handle.Release();
        }
    }
}
