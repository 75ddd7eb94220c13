namespace PidFdProcess.Linux;

/// <summary>What a pidfd tells of its process.</summary>
internal static class PidFdState
{
    /// <summary>Returns whether the process has been reaped, so that its PID is free. The caller keeps the pidfd open.</summary>
    public static bool IsReaped(this IKernel kernel, SafePidFdHandle pidFd) => kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH;
}
