using PidFdProcess.Handles;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>Finds out how a pinned run ended. Asks the pidfd first and the runtime second.</summary>
internal static class ExitStatusResolver
{
    /// <summary>Returns how the pinned run ended. The caller has seen its exit.</summary>
    public static PidFdExitStatus StatusOf(in PinnedRun run)
    {
        if ((run.Handle ?? run.Attachment.Handle) is { } handle)
        {
            if (run.Handle is not null)
            {
                // Captured again, because a source may know the status only now.
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

        return FromRuntime(run) ?? PidFdExitStatus.Unknown;
    }

    /// <summary>Returns the public form of a status that the pidfd told.</summary>
    public static PidFdExitStatus FromRecord(ExitRecord record) => new(
        record.Source,
        record.Status.IsSignaled ? PidFdExitStatus.SignalExitCodeBase + record.Status.TerminatingSignal : record.Status.ExitCode,
        record.Status.IsSignaled ? record.Status.TerminatingSignal : null,
        record.Status.IsCoreDumped,
        record.Usage,
        record.Time);

    /// <summary>Returns what the runtime knows. It knows the exit code of a child alone.</summary>
    private static PidFdExitStatus? FromRuntime(in PinnedRun run)
    {
        try
        {
            if (run.IsCurrent
                && (OperatingSystem.IsWindows() || run.Attachment.IsChild)
                && RuntimeExit.Read(run.Process, run.Attachment.Run) is (int code, DateTime time))
            {
                return new PidFdExitStatus(ExitStatusSource.Runtime, code, null, false, null, time);
            }
        }
        catch (Exception e) when (e is InvalidOperationException || StockCalls.IsFromClosed(e, run.Process, run.Attachment.Run))
        {
            // The object was closed or restarted after the wait, or the runtime does not know the exit code.
        }

        return null;
    }

    /// <summary>
    /// Opens the runtime's handle of a child that was fetched by PID and has no pidfd. Otherwise the object would not know its exit code. For a
    /// non-child, the handle would start a task that polls.
    /// </summary>
    public static void Prepare(in PinnedRun run)
    {
        if (run is { Handle: null, IsOver: false } && !run.Attachment.Run.IsStarted && OperatingSystem.IsLinux()
            && RuntimeChildren.Knows(run.Attachment.ProcessId))
        {
            try
            {
                StockCalls.OpenHandle(run.Process);
            }
            catch (InvalidOperationException)
            {
                // The process has exited, or the object was closed.
            }
        }
    }
}
