using Microsoft.Win32.SafeHandles;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Support;

/// <summary>The real kernel, which tells how many calls are about to block in poll: a test can act in the midst of a wait.</summary>
internal sealed class ObservedKernel : IKernel
{
    private readonly LinuxKernel _kernel = LinuxKernel.Instance;
    private int _blocking;

    /// <summary>Gets a platform for registries, one for all tests: each has an exit watcher of its own.</summary>
    public static PidFdPlatform Platform { get; } = new(new ObservedKernel());

    /// <summary>Gets the number of calls that are inside a poll with a time to wait.</summary>
    public static int Blocking => Volatile.Read(ref ((ObservedKernel)Platform.Kernel)._blocking);

    public Errno Poll(SafePidFdHandle pidFd, int milliseconds, out bool exited)
    {
        if (milliseconds == 0)
        {
            return _kernel.Poll(pidFd, milliseconds, out exited);
        }

        Interlocked.Increment(ref _blocking);
        try
        {
            return _kernel.Poll(pidFd, milliseconds, out exited);
        }
        finally
        {
            Interlocked.Decrement(ref _blocking);
        }
    }

    public Errno PidFdOpen(int processId, out SafePidFdHandle pidFd) => _kernel.PidFdOpen(processId, out pidFd);

    public Errno PidFdSendSignal(SafePidFdHandle pidFd, int signal) => _kernel.PidFdSendSignal(pidFd, signal);

    public Errno PidFdSignalGroup(SafePidFdHandle pidFd, int signal) => _kernel.PidFdSignalGroup(pidFd, signal);

    public Errno WaitIdNoWait(SafePidFdHandle pidFd, out SigInfo info, out RUsage usage) =>
        _kernel.WaitIdNoWait(pidFd, out info, out usage);

    public Errno Duplicate(SafePidFdHandle pidFd, out SafePidFdHandle duplicate) => _kernel.Duplicate(pidFd, out duplicate);

    public Errno EpollCreate(out SafeFileHandle epoll) => _kernel.EpollCreate(out epoll);

    public Errno EpollAdd(SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token) => _kernel.EpollAdd(epoll, pidFd, token);

    public Errno EpollRemove(SafeFileHandle epoll, SafePidFdHandle pidFd) => _kernel.EpollRemove(epoll, pidFd);

    public Errno EpollWait(SafeFileHandle epoll, ulong[] tokens, int milliseconds, out int count) =>
        _kernel.EpollWait(epoll, tokens, milliseconds, out count);

    public Errno PidFdGetExit(SafePidFdHandle pidFd, out WaitStatus? status) => _kernel.PidFdGetExit(pidFd, out status);

    public Errno ReadProcStat(int processId, out ProcStat stat) => _kernel.ReadProcStat(processId, out stat);

    public Errno PollAny(SafePidFdHandle[] pidFds, int count, int milliseconds, bool[] exited) =>
        _kernel.PollAny(pidFds, count, milliseconds, exited);

    public Errno Kill(int processId, int signal) => _kernel.Kill(processId, signal);

    public Errno ReadProcChildren(int processId, int threadId, List<int> children) => _kernel.ReadProcChildren(processId, threadId, children);

    public Errno ListProcesses(List<int> processIds) => _kernel.ListProcesses(processIds);

    public Errno ListThreads(int processId, List<int> threadIds) => _kernel.ListThreads(processId, threadIds);
}
