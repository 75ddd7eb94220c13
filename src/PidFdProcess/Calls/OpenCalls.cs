using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

/// <summary>The public calls that open or start a process and attach it at once, and the duplicates of pidfds.</summary>
internal static class OpenCalls
{
    /// <summary>Opens the pidfd first and the object second, and then checks that the pidfd's process still holds the PID.</summary>
    public static Process Open(AttachmentTable runs, int processId)
    {
        runs.ThrowIfDisposed();
        if (processId <= 0)
        {
            // kill(2) takes these numbers for groups of processes.
            throw new ArgumentException($"Process with an Id of {processId} is not running, because a PID must be positive.", nameof(processId));
        }

        if (runs.Support.IsSupported)
        {
            Errno error = runs.Platform.Kernel.PidFdOpen(processId, out SafePidFdHandle pidFd);
            if (error == 0)
            {
                return OpenOwned(runs, processId, pidFd);
            }

            pidFd.Dispose();
            if (ErrnoTable.Means(ErrnoTable.PidFdOpen, error, ErrnoMeaning.Gone))
            {
                throw Gone(processId);
            }
        }

        if (OperatingSystem.IsLinux() && ThreadId.IsOfThread(processId))
        {
            throw new ArgumentException(
                $"Process with an Id of {processId} is not running. It is the id of a thread, so use the PID of its process.", nameof(processId));
        }

        Process process = Process.GetProcessById(processId);
        try
        {
            runs.Attach(process);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public static Process Open(AttachmentTable runs, ProcessIdentity identity) => IdentityCalls.Open(runs, identity);

    public static ProcessIdentity GetIdentity(AttachmentTable runs, Process process) => IdentityCalls.GetIdentity(runs, process);

    public static Process OpenParent(AttachmentTable runs, Process process) => ParentCalls.OpenParent(runs, process);

    public static Process OpenOwnParent(AttachmentTable runs) => ParentCalls.OpenOwnParent(runs);

    /// <summary>Opens the object of a process whose pidfd the caller has opened. Owns the pidfd from now on, even if it throws.</summary>
    /// <exception cref="ArgumentException">The process has been reaped.</exception>
    public static Process OpenOwned(AttachmentTable runs, int processId, SafePidFdHandle pidFd)
    {
        Process? process = null;
        SafePidFdHandle? mine = pidFd;
        try
        {
            process = Process.GetProcessById(processId);
            bool isChild = ProcessHandle.IsChildOfRuntime(runs.Platform.Kernel, pidFd, processId);
            if (isChild)
            {
                // Lets the object share the runtime's state of the child now, because the PID is still that of the child. The state keeps the exit
                // code, which the pidfd may not tell after the reap.
                process.WaitForExit(0);
            }

            if (runs.Platform.Kernel.IsReaped(pidFd))
            {
                throw Gone(processId);
            }

            mine = null;
            ProcessAttachment attachment = runs.Attach(process, processId, pidFd);
            if (isChild)
            {
                // The child may have been reaped during the call, so that the handle could not learn this.
                attachment.Handle?.NoteChild();
            }

            return process;
        }
        catch
        {
            process?.Dispose();
            throw;
        }
        finally
        {
            mine?.Dispose();
        }
    }

    /// <summary>Starts the process of the object and attaches it.</summary>
    public static bool Start(AttachmentTable runs, Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        bool started = process.Start();
        if (started)
        {
            try
            {
                runs.Attach(process);
            }
            catch (InvalidOperationException) when (!ProcessIdField.HasProcess(process))
            {
                // The process has exited, and a handler of Exited has closed the object. The start itself was successful.
            }
        }

        return started;
    }

    /// <summary>Returns a duplicate of the pidfd, which the caller owns, or <see langword="null"/> if there is none.</summary>
    public static SafePidFdHandle? Duplicate(AttachmentTable runs, Process process)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        if (run.Handle is not { } handle)
        {
            return null;
        }

        Errno error = handle.Duplicate(out SafePidFdHandle duplicate);
        if (error == 0)
        {
            return duplicate;
        }

        duplicate.Dispose();
        FallBack.Note(run, new CallFailure(ErrnoTable.Duplicate, error));
        return null;
    }

    private static ArgumentException Gone(int processId) =>
        new($"Process with an Id of {processId} is not running (pidfd_open: ESRCH, no such process).", nameof(processId));
}
