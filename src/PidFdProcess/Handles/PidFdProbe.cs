using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Tries on this very process every call that the pidfd route rests on. The answers are known beforehand: we are not
// our own child, may signal ourselves, and have not exited. An older kernel, seccomp and the like answer differently.
internal static class PidFdProbe
{
    public static PidFdSupport Run(IKernel kernel)
    {
        Errno error = kernel.PidFdOpen(Environment.ProcessId, out SafePidFdHandle self);
        if (error != 0)
        {
            return Failed("pidfd_open", error);
        }

        using (self)
        {
            error = kernel.WaitIdNoWait(self, out _, out _);
            if (error != Errno.ECHILD)
            {
                return error == 0 ? Unexpected("waitid(P_PIDFD)", "took this process for its own child") : Failed("waitid(P_PIDFD)", error);
            }

            error = kernel.PidFdSendSignal(self, 0);
            if (error != 0)
            {
                return Failed("pidfd_send_signal", error, error is Errno.EPERM ? "seccomp or another security module forbids it" : null);
            }

            error = PollNow(kernel, self, out bool exited);
            if (error != 0 || exited)
            {
                return error == 0 ? Unexpected("poll", "reported this process as exited") : Failed("poll", error);
            }

            return TryEpoll(kernel, self);
        }
    }

    private static PidFdSupport TryEpoll(IKernel kernel, SafePidFdHandle self)
    {
        Errno error = kernel.EpollCreate(out SafeFileHandle epoll);
        if (error != 0)
        {
            return Failed("epoll_create1", error);
        }

        using (epoll)
        {
            error = kernel.EpollAdd(epoll, self, token: 0);
            if (error != 0)
            {
                return Failed("epoll_ctl", error);
            }

            int count;
            ulong[] tokens = new ulong[1];
            do
            {
                error = kernel.EpollWait(epoll, tokens, milliseconds: 0, out count);
            }
            while (error == Errno.EINTR);

            if (error != 0)
            {
                return Failed("epoll_wait", error);
            }

            if (count != 0)
            {
                return Unexpected("epoll_wait", "reported this process as exited");
            }

            // Compiled now, or the first child is reaped while the code that reads its status is.
            _ = ExitRecord.Read(kernel, self, Environment.ProcessId, out _);
            return PidFdSupport.Supported;
        }
    }

    private static Errno PollNow(IKernel kernel, SafePidFdHandle pidFd, out bool exited)
    {
        Errno error;
        do
        {
            error = kernel.Poll(pidFd, milliseconds: 0, out exited);
        }
        while (error == Errno.EINTR);

        return error;
    }

    private static PidFdSupport Failed(string call, Errno error, string? hint = null) =>
        PidFdSupport.Unsupported(SystemCallError.Describe(call, error, hint), error);

    private static PidFdSupport Unexpected(string call, string answer) =>
        PidFdSupport.Unsupported($"{call} {answer}; this kernel or emulator does not implement pidfds fully");
}
