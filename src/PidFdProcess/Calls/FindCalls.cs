using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>Finds processes by a PID or a name, or from a descriptor.</summary>
internal static class FindCalls
{
    /// <summary>Returns the process that has the PID, or <see langword="null"/> if there is none.</summary>
    public static Process? Find(AttachmentTable runs, int processId)
    {
        runs.ThrowIfDisposed();
        if (processId <= 0 || IsFree(runs, processId))
        {
            return null;
        }

        try
        {
            return OpenCalls.Open(runs, processId);
        }
        catch (ArgumentException)
        {
            // The process has gone after the check, or the number is the id of a thread.
            return null;
        }
    }

    /// <summary>Opens the processes that have the name.</summary>
    public static Process[] OpenByName(AttachmentTable runs, string processName)
    {
        ArgumentException.ThrowIfNullOrEmpty(processName);
        runs.ThrowIfDisposed();
        List<Process> processes = [];
        try
        {
            // The runtime lists and compares the names, so that a name matches the same processes as in the stock method.
            foreach (Process candidate in Process.GetProcessesByName(processName))
            {
                using (candidate)
                {
                    if (OpenIfNamed(runs, candidate.Id, processName) is { } process)
                    {
                        processes.Add(process);
                    }
                }
            }

            return [.. processes];
        }
        catch
        {
            processes.ForEach(process => Close(runs, process));
            throw;
        }
    }

    /// <summary>Opens the process of a pidfd, which the caller keeps.</summary>
    public static Process Open(AttachmentTable runs, SafePidFdHandle pidFd)
    {
        ArgumentNullException.ThrowIfNull(pidFd);
        IdentityCalls.RequireLinux();
        runs.ThrowIfDisposed();
        if (pidFd.IsInvalid)
        {
            throw new ArgumentException("The handle is invalid.", nameof(pidFd));
        }

        // The duplicate is close-on-exec, even if the caller's descriptor is not.
        Errno error = runs.Platform.Kernel.Duplicate(pidFd, out SafePidFdHandle duplicate);
        if (error != 0)
        {
            duplicate.Dispose();
            throw SystemCallError.Failed(ErrnoTable.Duplicate, error);
        }

        SafePidFdHandle? mine = duplicate;
        try
        {
            RequireProcess(runs, duplicate);
            int processId = ProcessIdOf(runs, duplicate);
            mine = null;
            return OpenOwned(runs, processId, duplicate);
        }
        finally
        {
            mine?.Dispose();
        }
    }

    /// <summary>
    /// Opens the process of a pidfd, and owns the pidfd from now on, even if it throws. On the stock route, the pidfd only proves that the object is
    /// for its process, and is then closed.
    /// </summary>
    /// <exception cref="ArgumentException">The process has been reaped.</exception>
    public static Process OpenOwned(AttachmentTable runs, int processId, SafePidFdHandle pidFd)
    {
        if (runs.Support.IsSupported)
        {
            return OpenCalls.OpenOwned(runs, processId, pidFd);
        }

        using (pidFd)
        {
            Process process = OpenCalls.Open(runs, processId);
            try
            {
                Errno error = runs.Platform.Kernel.ReadProcStat(processId, out ProcStat stat);

                // If this does not throw, the pidfd's process still held the PID.
                ProcessIdOf(runs, pidFd);
                if (error == 0)
                {
                    NoteStart(runs, process, stat.StartTicks);
                }

                return process;
            }
            catch
            {
                Close(runs, process);
                throw;
            }
        }
    }

    /// <summary>
    /// Notes the start time that is known to be that of the object's process. Without a pidfd, only that tells it from a later owner of the PID.
    /// </summary>
    public static void NoteStart(AttachmentTable runs, Process process, long ticks) => runs.FindCurrent(process)?.WithoutPidFd?.Prove(ticks);

    /// <summary>Detaches and disposes an object that was not returned to the caller.</summary>
    public static void Close(AttachmentTable runs, Process process)
    {
        runs.Remove(process, isForGood: true);
        process.Dispose();
    }

    // Checked without an exception, which would be slow in a program that asks often.
    private static bool IsFree(AttachmentTable runs, int processId)
    {
        if (!runs.Support.IsSupported)
        {
            return false;
        }

        Errno error = runs.Platform.Kernel.PidFdOpen(processId, out SafePidFdHandle pidFd);
        pidFd.Dispose();
        return ErrnoTable.Means(ErrnoTable.PidFdOpen, error, ErrnoMeaning.Gone);
    }

    private static Process? OpenIfNamed(AttachmentTable runs, int processId, string processName)
    {
        SafePidFdHandle? pidFd = null;
        Process? found = null;
        try
        {
            bool isOpen = runs.Support.IsSupported && runs.Platform.Kernel.PidFdOpen(processId, out pidFd) == 0;
            if (!HasName(processId, processName))
            {
                return null;
            }

            if (!isOpen)
            {
                // The PID may have got a new owner since its name was read.
                found = Find(runs, processId);
                if (found is null || !HasName(processId, processName))
                {
                    return null;
                }

                (Process named, found) = (found, null);
                return named;
            }

            SafePidFdHandle owned = pidFd!;
            pidFd = null;
            return OpenCalls.OpenOwned(runs, processId, owned);
        }
        catch (ArgumentException)
        {
            // The process has just been reaped.
            return null;
        }
        finally
        {
            pidFd?.Dispose();
            if (found is not null)
            {
                Close(runs, found);
            }
        }
    }

    // A new object reads the name again. The one from the list remembers it.
    private static bool HasName(int processId, string processName)
    {
        using Process process = Process.GetProcessById(processId);
        try
        {
            return process.ProcessName.Equals(processName, StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static void RequireProcess(AttachmentTable runs, SafePidFdHandle descriptor)
    {
        bool isPidFd = runs.Platform.PidFs.Calls.IsOnPidFs(descriptor, out bool isOnPidFs) == 0 && isOnPidFs;
        Errno error = isPidFd ? 0 : runs.Platform.Kernel.WaitIdNoWait(descriptor, out _, out _);
        if (ErrnoTable.Means(ErrnoTable.WaitId, error, ErrnoMeaning.BadDescriptor))
        {
            throw new ArgumentException("The descriptor is no pidfd.", nameof(descriptor));
        }

        if (runs.Platform.PidFs.Calls.IsOfThread(descriptor, out bool isOfThread) == 0 && isOfThread)
        {
            throw new ArgumentException("The pidfd refers to a thread, because it was opened with PIDFD_THREAD.", nameof(descriptor));
        }
    }

    private static int ProcessIdOf(AttachmentTable runs, SafePidFdHandle pidFd)
    {
        Errno error = runs.Platform.PidFs.Calls.GetProcessId(pidFd, out int processId);
        if (error == 0 && processId > 0)
        {
            return processId;
        }

        if (error is not (0 or Errno.ESRCH))
        {
            throw SystemCallError.NoAnswer(
                "The PID of the pidfd is not known", "ioctl(PIDFD_GET_INFO)", error, ", and /proc/self/fdinfo cannot be read");
        }

        throw new ArgumentException(
            runs.Platform.Kernel.IsReaped(pidFd)
                ? "The process of the pidfd is not running, because it has been reaped."
                : "The process of the pidfd has no PID here, because it is not visible in this PID namespace.",
            nameof(pidFd));
    }
}
