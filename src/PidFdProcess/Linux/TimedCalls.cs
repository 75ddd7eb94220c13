using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Linux;

/// <summary>
/// Repeats a call with a limit of time if a signal handler has interrupted it. <see cref="LinuxKernel"/> repeats the calls that have none.
/// </summary>
internal static class TimedCalls
{
    /// <summary><see cref="IKernel.Poll"/> within the limit, which an interruption does not extend.</summary>
    public static Errno Poll(IKernel kernel, SafePidFdHandle pidFd, int milliseconds, out bool exited)
    {
        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        int left = milliseconds;
        Errno error;
        while ((error = kernel.Poll(pidFd, left, out exited)) == Errno.EINTR)
        {
            left = TimeLimit.Left(milliseconds, start);
        }

        return error;
    }

    /// <summary><see cref="IKernel.EpollWait"/> for the events that are there now.</summary>
    public static Errno EpollLook(IKernel kernel, SafeFileHandle epoll, ulong[] tokens, out int count)
    {
        Errno error;
        while ((error = kernel.EpollWait(epoll, tokens, milliseconds: 0, out count)) == Errno.EINTR)
        {
        }

        return error;
    }
}
