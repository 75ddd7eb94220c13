using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Routes;

namespace PidFdProcess;

// Chooses a route, and puts attachments into the table and takes them out.
public sealed partial class ProcessHandleRegistry
{
    private Route Choose(Process process, int processId, Route? previous)
    {
        PidFdSupport support = Support;
        if (!support.IsSupported)
        {
            return new StockRoute(processId, support.IsFinal ? StockCause.Unsupported : StockCause.Resource, support.Reason);
        }

        Errno error = _platform!.Kernel.PidFdOpen(processId, out SafePidFdHandle pidFd);
        try
        {
            // Whatever the errno: after ESRCH stock must know of the exit before somebody else gets the PID; that can be a thread by now,
            // of which there is no pidfd; and for want of descriptors no status that is known may be lost.
            if (process.WaitForExit(0))
            {
                pidFd.Dispose();
                return previous is { Exit: { } exit } && previous.ProcessId == processId
                    ? new StockRoute(processId, StockCause.Exited, previous.Reason, exit)
                    : new StockRoute(processId, StockCause.Exited, "the process had exited before it was attached");
            }

            int presentId = process.Id;
            if (presentId != processId)
            {
                // Started anew meanwhile: the answer was about the new process, and the pidfd may be a stranger's.
                pidFd.Dispose();
                return Choose(process, presentId, previous);
            }
        }
        catch
        {
            pidFd.Dispose();
            throw;
        }

        if (error == 0)
        {
            return new PidFdRoute(processId, pidFd, _platform);
        }

        StockRoute stock = new(processId, CauseOf(error), SystemCallError.Describe("pidfd_open", error));
        if (stock.Cause != StockCause.Exited)
        {
            PidFdEventSource.Log.FellBack(processId, stock.Reason);
        }

        return stock;
    }

    private static StockCause CauseOf(Errno error) => error switch
    {
        Errno.ESRCH => StockCause.Exited,
        _ when SystemCallError.IsResource(error) => StockCause.Resource,
        _ => StockCause.Unsupported,
    };

    private ProcessAttachment? Find(Process process) => _entries.TryGetValue(process, out Entry? entry) ? entry.Attachment : null;

    /// <summary>Puts a new attachment in the place of the expected one. If another thread was faster, its attachment stays.</summary>
    private ProcessAttachment Replace(Process process, ProcessAttachment? expected, Route route)
    {
        ProcessAttachment attachment = new(route);
        ProcessAttachment? present;
        bool disposed;
        lock (_gate)
        {
            disposed = _disposed;
            Entry entry = _entries.GetValue(process, static _ => new Entry());
            present = entry.Attachment;
            if (!disposed && ReferenceEquals(present, expected))
            {
                entry.Attachment = present = attachment;
            }
        }

        if (!ReferenceEquals(present, attachment))
        {
            route.Release();
            ObjectDisposedException.ThrowIf(disposed, this);
            return present ?? Attach(process);
        }

        expected?.Handler.Release();
        PidFdMetrics.Attached(route);
        NoteAttached();
        return attachment;
    }

    /// <summary>Takes out the expected attachment, or whichever there is; the entry, too, if it is for good.</summary>
    private bool Forget(Process process, ProcessAttachment? expected = null, bool forGood = false)
    {
        ProcessAttachment? present;
        lock (_gate)
        {
            if (!_entries.TryGetValue(process, out Entry? entry)
                || (present = entry.Attachment) is null
                || (expected is not null && !ReferenceEquals(present, expected)))
            {
                return false;
            }

            entry.Attachment = null;
            if (forGood)
            {
                _entries.Remove(process);
            }
        }

        present.Handler.Release();
        return true;
    }

    private sealed class Entry
    {
        private volatile ProcessAttachment? _attachment;

        public ProcessAttachment? Attachment
        {
            get => _attachment;
            set => _attachment = value;
        }
    }
}
