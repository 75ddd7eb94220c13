using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>How a pinned run ended: by the pidfd where it knows, else by the runtime.</summary>
internal static class ExitStatusResolver
{
    /// <summary>How the pinned run ended. To be asked after its exit.</summary>
    public static PidFdExitStatus StatusOf(in PinnedRun run, Process process)
    {
        if ((run.Handle ?? run.Attachment.Handle) is { } handle)
        {
            if (run.Handle is not null)
            {
                // Once more, because a source may have begun to tell it since.
                handle.CaptureExit();
            }

            if (handle.Exit is { } exit)
            {
                return FromRecord(exit);
            }

            if (run.Handle is not null && handle.IsChild)
            {
                ReapWait.WaitForExitCode(handle);
            }
        }

        return FromRuntime(run, process) ?? PidFdExitStatus.Unknown;
    }

    /// <summary>The public form of what a pidfd told.</summary>
    public static PidFdExitStatus FromRecord(ExitRecord record) => new(
        record.Source,
        record.Status.IsSignaled ? PidFdExitStatus.SignalExitCodeBase + record.Status.TerminatingSignal : record.Status.ExitCode,
        record.Status.IsSignaled ? record.Status.TerminatingSignal : null,
        record.Status.IsCoreDumped,
        record.Usage,
        record.Time);

    /// <summary>The runtime's ExitCode, which it has for children alone. For another process the question costs an exception.</summary>
    private static PidFdExitStatus? FromRuntime(in PinnedRun run, Process process)
    {
        try
        {
            if (run.Attachment.Run.IsCurrentIn(process)
                && (OperatingSystem.IsWindows() || run.Attachment.Run.IsStarted || RuntimeChildren.Knows(run.Attachment.ProcessId)))
            {
                return new PidFdExitStatus(ExitStatusSource.Runtime, StockCalls.ExitCode(process), null, false, null, process.ExitTime);
            }
        }
        catch (Exception e) when (e is InvalidOperationException || StockCalls.IsFromClosed(e, process, run.Attachment.Run))
        {
            // Closed or restarted since the wait, or the runtime does not know.
        }

        return null;
    }

    /// <summary>
    /// Without a pidfd the runtime tells the exit code of a child that was fetched by PID only if its handle was opened before the exit. For a
    /// process that is no child that would start to poll.
    /// </summary>
    public static void Prepare(in PinnedRun run, Process process)
    {
        if (run is { Handle: null, IsOver: false } && !run.Attachment.Run.IsStarted && OperatingSystem.IsLinux()
            && RuntimeChildren.Knows(run.Attachment.ProcessId))
        {
            try
            {
                _ = process.SafeHandle;
            }
            catch (InvalidOperationException)
            {
                // It has exited, or was closed.
            }
        }
    }
}
