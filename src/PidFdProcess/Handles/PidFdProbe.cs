using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Tries every call that the library needs, on the calling process itself. The right answers are known, because a process is not its own child, may
// signal itself, and has not exited. An older kernel, seccomp or an emulator answers differently.
internal static class PidFdProbe
{
    public static PidFdSupport Run(IKernel kernel)
    {
        Errno error = kernel.PidFdOpen(Environment.ProcessId, out SafePidFdHandle self);
        if (error != 0)
        {
            return Failed(ErrnoTable.PidFdOpen, error);
        }

        using (self)
        {
            error = kernel.WaitIdNoWait(self, out _, out _);
            if (error != Errno.ECHILD)
            {
                return error == 0
                    ? Unexpected(ErrnoTable.WaitId, "took this process for its own child")
                    : Failed(ErrnoTable.WaitId, error);
            }

            error = kernel.PidFdSendSignal(self, 0);
            if (error != 0)
            {
                bool isForbidden = ErrnoTable.Means(ErrnoTable.PidFdSendSignal, error, ErrnoMeaning.Refused);
                return Failed(ErrnoTable.PidFdSendSignal, error, isForbidden ? "seccomp or another security module forbids it" : null);
            }

            error = TimedCalls.Poll(kernel, self, milliseconds: 0, out bool exited);
            if (error != 0 || exited)
            {
                return error == 0 ? Unexpected(ErrnoTable.Poll, "reported this process as exited") : Failed(ErrnoTable.Poll, error);
            }

            return TryEpoll(kernel, self);
        }
    }

    private static PidFdSupport TryEpoll(IKernel kernel, SafePidFdHandle self)
    {
        Errno error = kernel.EpollCreate(out SafeFileHandle epoll);
        if (error != 0)
        {
            return Failed(ErrnoTable.EpollCreate, error);
        }

        using (epoll)
        {
            error = kernel.EpollAdd(epoll, self, token: 0);
            if (error != 0)
            {
                return Failed(ErrnoTable.EpollCtl, error);
            }

            error = TimedCalls.EpollLook(kernel, epoll, new ulong[1], out int count);
            if (error != 0)
            {
                return Failed(ErrnoTable.EpollWait, error);
            }

            if (count != 0)
            {
                return Unexpected(ErrnoTable.EpollWait, "reported this process as exited");
            }

            // Run this code now, so that it is compiled. Otherwise the first child would be reaped during the compilation.
            _ = ExitRecord.Read(kernel, self, Environment.ProcessId, out _);
            return PidFdSupport.Supported;
        }
    }

    private static PidFdSupport Failed(string call, Errno error, string? hint = null) =>
        PidFdSupport.Unsupported(SystemCallError.Describe(call, error, hint), error);

    private static PidFdSupport Unexpected(string call, string answer) =>
        PidFdSupport.Unsupported($"{call} {answer}. This kernel or emulator does not implement pidfds fully");
}
