using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Linux;

// Linux got its calls for pidfds in these releases:
//   5.1  pidfd_send_signal
//   5.3  pidfd_open, and poll and epoll report the exit
//   5.4  waitid takes a pidfd (P_PIDFD)
//   6.9  pidfd_send_signal reaches a process group
//   6.15 ioctl PIDFD_GET_INFO tells the exit status, also after the process has been reaped
//
// The .NET runtime reaps its children itself and calls FailFast if other code has reaped one. WaitIdNoWait is the only waitid here, and it always
// passes WNOWAIT.
internal sealed unsafe class LinuxKernel : IKernel
{
    private const int PPidFd = 3;
    private const int WNoHang = 0x1;
    private const int WExited = 0x4;
    private const int WNoWait = 0x01000000;
    private const short PollIn = 0x1;
    private const short PollHangUp = 0x10;
    private const short PollInvalid = 0x20;
    private const int SignalProcessGroup = 1 << 2;
    private const int MaxPollsOnStack = 64;
    private const int DuplicateCloseOnExec = 1030;
    private const int EpollCloseOnExec = 0x80000;
    private const int EpollCtlAdd = 1;
    private const int EpollCtlDel = 2;
    private const int EpollCtlMod = 3;

    private static readonly int s_eventSize = EpollEvent.Size(RuntimeInformation.ProcessArchitecture);
    private static readonly int s_tokenOffset = EpollEvent.TokenOffset(RuntimeInformation.ProcessArchitecture);

    public static LinuxKernel Instance { get; } = new();

    public Errno PidFdOpen(int processId, out SafePidFdHandle pidFd)
    {
        nint fd = Libc.Syscall(SyscallNumbers.Current.PidFdOpen, processId, 0);
        Errno error = Libc.ErrnoOf(fd);
        pidFd = new SafePidFdHandle(fd, ownsHandle: true);
        return error;
    }

    public Errno PidFdSendSignal(SafePidFdHandle pidFd, int signal) =>
        Libc.ErrnoOf(Libc.SyscallSendSignal(SyscallNumbers.Current.PidFdSendSignal, pidFd, signal, info: 0, flags: 0));

    public Errno PidFdSignalGroup(SafePidFdHandle pidFd, int signal) =>
        Libc.ErrnoOf(Libc.SyscallSendSignal(SyscallNumbers.Current.PidFdSendSignal, pidFd, signal, info: 0, flags: SignalProcessGroup));

    public Errno WaitIdNoWait(SafePidFdHandle pidFd, out SigInfo info, out RUsage usage)
    {
        Span<byte> buffer = stackalloc byte[SigInfo.Size];
        buffer.Clear();
        Errno error;
        fixed (byte* infoPointer = buffer)
        fixed (RUsage* usagePointer = &usage)
        {
            *usagePointer = default;
            do
            {
                error = Libc.ErrnoOf(Libc.SyscallWaitId(
                    SyscallNumbers.Current.WaitId, PPidFd, pidFd, infoPointer, WExited | WNoHang | WNoWait, usagePointer));
            }
            while (error == Errno.EINTR);
        }

        info = SigInfo.Read(buffer, Environment.Is64BitProcess);
        return error;
    }

    public Errno Poll(SafePidFdHandle pidFd, int milliseconds, out bool exited)
    {
        using PidFdHold hold = new(pidFd);
        Libc.PollFd poll = new() { Fd = hold.Descriptor, Events = PollIn };
        int ready = Libc.Poll(&poll, 1, milliseconds);

        // Other code has closed the descriptor, which is no exit.
        bool isInvalid = ready > 0 && (poll.ReturnedEvents & PollInvalid) != 0;
        exited = ready > 0 && !isInvalid;
        return isInvalid ? Errno.EBADF : Libc.ErrnoOf(ready);
    }

    public Errno PollForReap(SafeFileHandle epoll, SafePidFdHandle pidFd, int milliseconds, out bool reaped)
    {
        using PidFdHold hold = new(pidFd);
        Libc.PollFd* polls = stackalloc Libc.PollFd[2];
        polls[0] = new() { Fd = (int)epoll.DangerousGetHandle(), Events = PollIn };
        polls[1] = new() { Fd = hold.Descriptor };
        int ready = Libc.Poll(polls, 2, milliseconds);
        reaped = ready > 0 && (polls[1].ReturnedEvents & PollHangUp) != 0;
        return ready > 0 && (polls[1].ReturnedEvents & PollInvalid) != 0 ? Errno.EBADF : Libc.ErrnoOf(ready);
    }

    public Errno PollAny(SafePidFdHandle[] pidFds, int count, int milliseconds, bool[] exited)
    {
        Span<Libc.PollFd> polls = count <= MaxPollsOnStack ? stackalloc Libc.PollFd[count] : new Libc.PollFd[count];
        for (int i = 0; i < count; i++)
        {
            polls[i] = new Libc.PollFd { Fd = (int)pidFds[i].DangerousGetHandle(), Events = PollIn };
        }

        Errno error;
        fixed (Libc.PollFd* pointer = polls)
        {
            error = Libc.ErrnoOf(Libc.Poll(pointer, (nuint)count, milliseconds));
        }

        for (int i = 0; i < count; i++)
        {
            exited[i] = (polls[i].ReturnedEvents & PollIn) != 0;
            error = error == 0 && (polls[i].ReturnedEvents & PollInvalid) != 0 ? Errno.EBADF : error;
        }

        return error;
    }

    public Errno Kill(int processId, int signal) => Libc.ErrnoOf(Libc.Kill(processId, signal));

    public Errno Duplicate(SafePidFdHandle pidFd, out SafePidFdHandle duplicate)
    {
        int fd = Libc.FcntlDuplicate(pidFd, DuplicateCloseOnExec, 0);
        Errno error = Libc.ErrnoOf(fd);
        duplicate = new SafePidFdHandle(fd, ownsHandle: true);
        return error;
    }

    public Errno EpollCreate(out SafeFileHandle epoll)
    {
        int fd = Libc.EpollCreate1(EpollCloseOnExec);
        Errno error = Libc.ErrnoOf(fd);
        epoll = new SafeFileHandle(fd, ownsHandle: true);
        return error;
    }

    public Errno EpollAdd(SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token)
    {
        byte* epollEvent = stackalloc byte[EpollEvent.MaxSize];
        *(uint*)epollEvent = EpollEvent.In | EpollEvent.OneShot;
        *(ulong*)(epollEvent + s_tokenOffset) = token;
        Errno error = Libc.ErrnoOf(Libc.EpollCtl(epoll, EpollCtlAdd, pidFd, epollEvent));
        return error == Errno.EEXIST ? Libc.ErrnoOf(Libc.EpollCtl(epoll, EpollCtlMod, pidFd, epollEvent)) : error;
    }

    public Errno EpollRemove(SafeFileHandle epoll, SafePidFdHandle pidFd) =>
        Libc.ErrnoOf(Libc.EpollCtl(epoll, EpollCtlDel, pidFd, null));

    public Errno EpollWait(SafeFileHandle epoll, ulong[] tokens, int milliseconds, out int count)
    {
        byte* events = stackalloc byte[EpollEvent.MaxSize * tokens.Length];
        count = Libc.EpollWait(epoll, events, tokens.Length, milliseconds);
        Errno error = Libc.ErrnoOf(count);
        for (int i = 0; i < count; i++)
        {
            tokens[i] = *(ulong*)(events + (i * s_eventSize) + s_tokenOffset);
        }

        return error;
    }

    public Errno PidFdGetParent(SafePidFdHandle pidFd, out int parentId)
    {
        Errno error = PidFdInfo.Get(pidFd, PidFdInfo.Pid, out PidFdInfo info);
        parentId = info.ParentId;
        return error;
    }

    public Errno PidFdGetExit(SafePidFdHandle pidFd, out WaitStatus? status)
    {
        Errno error = PidFdInfo.Get(pidFd, PidFdInfo.Exit, out PidFdInfo info);
        status = error == 0 && (info.Mask & PidFdInfo.Exit) != 0 ? new WaitStatus(info.ExitCode) : null;
        return error;
    }

    public Errno ReadProcStat(int processId, out ProcStat stat) => ProcStatReader.Read(processId, out stat);

    public Errno ReadProcChildren(int processId, int threadId, List<int> children) => ProcLists.ReadChildren(processId, threadId, children);

    public Errno ListProcesses(List<int> processIds) => ProcLists.ListProcesses(processIds);

    public Errno ListThreads(int processId, List<int> threadIds) => ProcLists.ListThreads(processId, threadIds);
}
