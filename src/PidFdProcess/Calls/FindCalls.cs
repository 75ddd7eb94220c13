using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>Finds processes by a PID or a name, or from a descriptor.</summary>
internal static class FindCalls
{
    /// <summary>The process with the PID, or <see langword="null"/> if there is none.</summary>
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
            // Gone since, or the id of a thread.
            return null;
        }
    }

    /// <summary>The processes with the name.</summary>
    public static Process[] OpenByName(AttachmentTable runs, string processName)
    {
        ArgumentException.ThrowIfNullOrEmpty(processName);
        runs.ThrowIfDisposed();
        List<Process> processes = [];
        try
        {
            // The runtime lists and compares, so that a name means the same as in the stock method.
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

    /// <summary>The process of a pidfd that stays the caller's.</summary>
    public static Process Open(AttachmentTable runs, SafePidFdHandle pidFd)
    {
        ArgumentNullException.ThrowIfNull(pidFd);
        IdentityCalls.RequireLinux();
        runs.ThrowIfDisposed();
        if (pidFd.IsInvalid)
        {
            throw new ArgumentException("The handle is invalid.", nameof(pidFd));
        }

        // Close-on-exec, whatever flags the caller's descriptor has.
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
    /// The object of a process whose pidfd is at hand. Takes over the pidfd, also if it throws. If the runtime has to do the work, the pidfd proves
    /// that the object means its process, and is closed.
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
                // The process still held the PID.
                ProcessIdOf(runs, pidFd);
                return process;
            }
            catch
            {
                Close(runs, process);
                throw;
            }
        }
    }

    /// <summary>Lets go of an object that the caller of this library has not seen.</summary>
    public static void Close(AttachmentTable runs, Process process)
    {
        runs.Remove(process, isForGood: true);
        process.Dispose();
    }

    // An exception is slow, and a program may ask often.
    private static bool IsFree(AttachmentTable runs, int processId)
    {
        if (!runs.Support.IsSupported)
        {
            return false;
        }

        Errno error = runs.Platform.Kernel.PidFdOpen(processId, out SafePidFdHandle pidFd);
        pidFd.Dispose();
        return error == Errno.ESRCH;
    }

    private static Process? OpenIfNamed(AttachmentTable runs, int processId, string processName)
    {
        SafePidFdHandle? pidFd = null;
        try
        {
            Errno error = runs.Support.IsSupported ? runs.Platform.Kernel.PidFdOpen(processId, out pidFd) : Errno.ENOSYS;
            if (!HasName(processId, processName))
            {
                return null;
            }

            if (error != 0)
            {
                return Find(runs, processId);
            }

            SafePidFdHandle owned = pidFd!;
            pidFd = null;
            return OpenCalls.OpenOwned(runs, processId, owned);
        }
        catch (ArgumentException)
        {
            // It has just been reaped.
            return null;
        }
        finally
        {
            pidFd?.Dispose();
        }
    }

    // An object of its own, because an object remembers its name.
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
        if (!isPidFd && runs.Platform.Kernel.WaitIdNoWait(descriptor, out _, out _) == Errno.EBADF)
        {
            throw new ArgumentException("The descriptor is no pidfd.", nameof(descriptor));
        }

        if (runs.Platform.PidFs.Calls.IsOfThread(descriptor, out bool isOfThread) == 0 && isOfThread)
        {
            throw new ArgumentException("The pidfd refers to a thread, not to a process: it was opened with PIDFD_THREAD.", nameof(descriptor));
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
            throw new PlatformNotSupportedException(
                $"The PID of the pidfd is not known: {SystemCallError.Describe("ioctl(PIDFD_GET_INFO)", error)}, "
                + "and /proc/self/fdinfo cannot be read.");
        }

        throw new ArgumentException(
            runs.Platform.Kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH
                ? "The process of the pidfd is not running: it has been reaped."
                : "The process of the pidfd has no PID here: it is not visible in this PID namespace.",
            nameof(pidFd));
    }
}
