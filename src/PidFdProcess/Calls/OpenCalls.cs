using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>Opens processes by other things than an identity.</summary>
internal static class OpenCalls
{
    public static bool TryOpen(ProcessHandleRegistry registry, int processId, [NotNullWhen(true)] out Process? process)
    {
        registry.RequireNotDisposed();
        process = null;
        if (processId <= 0 || IsGone(registry, processId))
        {
            return false;
        }

        try
        {
            process = registry.Open(processId);
            return true;
        }
        catch (ArgumentException)
        {
            // Gone since.
            return false;
        }
    }

    // An exception is slow, and a program may ask often.
    private static bool IsGone(ProcessHandleRegistry registry, int processId)
    {
        if (!registry.Support.IsSupported)
        {
            return false;
        }

        Errno error = registry.Kernel.PidFdOpen(processId, out SafePidFdHandle pidFd);
        pidFd.Dispose();
        return error == Errno.ESRCH;
    }
}
