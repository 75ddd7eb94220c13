using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>Finds processes by a PID, a name, a descriptor or a file.</summary>
internal static class FindCalls
{
    /// <summary>The process with the PID; <see langword="null"/> if there is none.</summary>
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
            // Gone since, or a thread.
            return null;
        }
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
}
