using System.Diagnostics;
using Mono.Unix.Native;
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
        }
        catch
        {
            pidFd.Dispose();
            throw;
        }

        return error == 0
            ? new PidFdRoute(processId, pidFd, _platform)
            : new StockRoute(processId, CauseOf(error), SystemCallError.Describe("pidfd_open", error));
    }

    private static StockCause CauseOf(Errno error) => error switch
    {
        Errno.ESRCH => StockCause.Exited,
        _ when SystemCallError.IsResource(error) => StockCause.Resource,
        _ => StockCause.Unsupported,
    };

    /// <summary>Puts a new attachment in the place of the expected one. If another thread was faster, its attachment stays.</summary>
    private ProcessAttachment Replace(Process process, ProcessAttachment? expected, Route route)
    {
        ProcessAttachment attachment = new(route);
        ProcessAttachment? present;
        bool disposed;
        lock (_gate)
        {
            disposed = _disposed;
            _attachments.TryGetValue(process, out present);
            if (!disposed && ReferenceEquals(present, expected))
            {
                _attachments.AddOrUpdate(process, attachment);
                present = attachment;
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

    private bool Forget(Process process, ProcessAttachment attachment)
    {
        lock (_gate)
        {
            if (!_attachments.TryGetValue(process, out ProcessAttachment? present) || !ReferenceEquals(present, attachment))
            {
                return false;
            }

            _attachments.Remove(process);
        }

        attachment.Handler.Release();
        return true;
    }
}
