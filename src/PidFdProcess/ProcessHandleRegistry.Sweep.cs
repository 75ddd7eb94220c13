using System.Diagnostics;

namespace PidFdProcess;

// Closing a Process object tells nobody, and an app need not wait for every process it attaches. So that such entries do not
// pile up until the next garbage collection, every so many attachments a sweep on the thread pool looks at all of them: as many as
// the last sweep left over, so that each attachment pays for a constant share of a sweep. The count goes on while a sweep is due or
// under way, for that one may not come across the newest.
public sealed partial class ProcessHandleRegistry
{
    private const int MinimumBetweenSweeps = 256;

    private int _untilSweep = MinimumBetweenSweeps;

    private void NoteAttached()
    {
        if (Interlocked.Decrement(ref _untilSweep) == 0)
        {
            QueueSweep();
        }
    }

    private void Sweep()
    {
        int left = 0;
        foreach ((Process process, Entry entry) in _entries)
        {
            // An attachment whose exit was seen holds nothing, and the question whether its object has been closed costs an exception if it has.
            if (entry.Attachment is { Route: ProcessRoute.PidFd } attachment)
            {
                if (ForgetIfClosed(process, attachment))
                {
                    continue;
                }

                attachment.Handler.ReleaseIfExited(process);
            }

            left++;
        }

        // While it is not positive, attachments count without queueing another sweep.
        if (Interlocked.Add(ref _untilSweep, Math.Max(MinimumBetweenSweeps, left)) <= 0)
        {
            QueueSweep();
        }
    }

    private void QueueSweep() => ThreadPool.UnsafeQueueUserWorkItem(static registry => registry.Sweep(), this, preferLocal: false);

    /// <summary>Has the object been closed, or started anew with another PID, since it was attached?</summary>
    private bool ForgetIfClosed(Process process, ProcessAttachment attachment)
    {
        try
        {
            if (process.Id == attachment.ProcessId)
            {
                return false;
            }
        }
        catch (InvalidOperationException)
        {
            // Closed.
        }

        // A closed object hardly comes back; one that was detached may.
        Forget(process, attachment, forGood: true);
        return true;
    }
}
