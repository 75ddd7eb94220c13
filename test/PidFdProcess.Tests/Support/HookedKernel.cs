using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>
/// The real kernel with hooks. A hook may answer a call with an errno. If it returns <see langword="null"/>, the call goes on to the kernel. Notes
/// the names of the calls that tell about an exit or send a signal.
/// </summary>
internal sealed class HookedKernel : IKernel
{
    private const int DuplicateCloseOnExec = 1030;
    private const int DescriptorsAboveHigh = 16;

    private readonly LinuxKernel _kernel = LinuxKernel.Instance;

    public HookedKernel() => Platform = new PidFdPlatform(this);

    /// <summary>Gets a platform on this kernel, with its own probe and event loop.</summary>
    public PidFdPlatform Platform { get; }

    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Gets whether a pidfd tells no parent, as before Linux 6.13.</summary>
    public bool HidesParents { get; init; }

    /// <summary>Gets or sets whether pidfds get the last numbers below the limit, as if nearly all descriptors were taken.</summary>
    public bool OpensHighNumbers { get; set; }

    public Func<int, Errno?>? OnOpen { get; set; }

    public Func<SafePidFdHandle, int, Errno?>? OnSignal { get; set; }

    public Func<SafePidFdHandle, int, Errno?>? OnSignalGroup { get; set; }

    public Func<SafePidFdHandle, Errno?>? OnWaitId { get; set; }

    public Func<SafePidFdHandle, Errno?>? OnGetExit { get; set; }

    public Func<int, Errno?>? OnReadStat { get; set; }

    public Func<Errno?>? OnEpollCreate { get; set; }

    public Func<Errno?>? OnEpollAdd { get; set; }

    public Func<int, Errno?>? OnPollAny { get; set; }

    /// <summary>Gets or sets what to do before a poll for a reap.</summary>
    public Action? OnPollForReap { get; set; }

    /// <summary>Gets what each poll for a reap has told.</summary>
    public ConcurrentQueue<bool> ReapReports { get; } = [];

    public Func<int, int, Errno?>? OnKill { get; set; }

    /// <summary>Gets or sets the answer to a read of the children of a process and one of its threads.</summary>
    public Func<int, int, Errno?>? OnReadChildren { get; set; }

    /// <summary>Gets or sets what to do with the list of the threads of a process.</summary>
    public Action<int, List<int>>? ChangeThreads { get; set; }

    /// <summary>Gets or sets what to do with the list of the children of a process.</summary>
    public Action<int, List<int>>? ChangeChildren { get; set; }

    public Func<Errno?>? OnListProcesses { get; set; }

    /// <summary>Gets or sets what to do with the list of all processes.</summary>
    public Action<List<int>>? ChangeProcesses { get; set; }

    public Func<int, Errno?>? OnListThreads { get; set; }

    /// <summary>Gets or sets what changes the tokens that an epoll set reports.</summary>
    public Action<SafeFileHandle, ulong[]>? ChangeTokens { get; set; }

    /// <summary>Gets or sets what changes the answer of a successful read of stat.</summary>
    public Func<ProcStat, ProcStat>? ChangeStat { get; set; }

    /// <summary>The PID that a pidfd is about, by <c>/proc/self/fdinfo</c>. It is -1 after the process has been reaped.</summary>
    public static int ProcessIdOf(SafePidFdHandle pidFd) => int.Parse(
        File.ReadLines($"/proc/self/fdinfo/{pidFd.DangerousGetHandle()}").First(line => line.StartsWith("Pid:", StringComparison.Ordinal))[4..],
        System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Makes this kernel act as one before Linux 6.13, without PIDFD_GET_INFO.</summary>
    public HookedKernel WithoutInfo()
    {
        OnGetExit = _ => Errno.ENOTTY;
        return this;
    }

    public Errno PidFdOpen(int processId, out SafePidFdHandle pidFd)
    {
        if (OnOpen?.Invoke(processId) is { } error)
        {
            pidFd = new SafePidFdHandle();
            return error;
        }

        Errno result = _kernel.PidFdOpen(processId, out pidFd);
        pidFd = WithNumber(pidFd, result);
        return result;
    }

    public Errno PidFdSendSignal(SafePidFdHandle pidFd, int signal)
    {
        Calls.Enqueue($"signal {signal}");
        return OnSignal?.Invoke(pidFd, signal) ?? _kernel.PidFdSendSignal(pidFd, signal);
    }

    public Errno PidFdSignalGroup(SafePidFdHandle pidFd, int signal) =>
        OnSignalGroup?.Invoke(pidFd, signal) ?? _kernel.PidFdSignalGroup(pidFd, signal);

    public Errno WaitIdNoWait(SafePidFdHandle pidFd, out SigInfo info, out RUsage usage)
    {
        Calls.Enqueue("waitid");
        (info, usage) = (default, default);
        return OnWaitId?.Invoke(pidFd) ?? _kernel.WaitIdNoWait(pidFd, out info, out usage);
    }

    public Errno PidFdGetParent(SafePidFdHandle pidFd, out int parentId)
    {
        parentId = 0;
        return HidesParents ? Errno.ENOTTY : _kernel.PidFdGetParent(pidFd, out parentId);
    }

    public Errno PidFdGetExit(SafePidFdHandle pidFd, out WaitStatus? status)
    {
        Calls.Enqueue("exit");
        status = null;
        return OnGetExit?.Invoke(pidFd) ?? _kernel.PidFdGetExit(pidFd, out status);
    }

    public Errno ReadProcStat(int processId, out ProcStat stat)
    {
        Calls.Enqueue("stat");
        stat = default;
        if (OnReadStat?.Invoke(processId) is { } error)
        {
            return error;
        }

        error = _kernel.ReadProcStat(processId, out stat);
        stat = error == 0 && ChangeStat is { } change ? change(stat) : stat;
        return error;
    }

    public Errno EpollAdd(SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token) =>
        OnEpollAdd?.Invoke() ?? _kernel.EpollAdd(epoll, pidFd, token);

    public Errno Poll(SafePidFdHandle pidFd, int milliseconds, out bool exited) => _kernel.Poll(pidFd, milliseconds, out exited);

    public Errno Duplicate(SafePidFdHandle pidFd, out SafePidFdHandle duplicate)
    {
        Errno result = _kernel.Duplicate(pidFd, out duplicate);
        duplicate = WithNumber(duplicate, result);
        return result;
    }

    public Errno EpollCreate(out SafeFileHandle epoll)
    {
        if (OnEpollCreate?.Invoke() is { } error)
        {
            epoll = new SafeFileHandle();
            return error;
        }

        return _kernel.EpollCreate(out epoll);
    }

    public Errno EpollRemove(SafeFileHandle epoll, SafePidFdHandle pidFd) => _kernel.EpollRemove(epoll, pidFd);

    public Errno EpollWait(SafeFileHandle epoll, ulong[] tokens, int milliseconds, out int count)
    {
        Errno error = _kernel.EpollWait(epoll, tokens, milliseconds, out count);
        ChangeTokens?.Invoke(epoll, tokens);
        return error;
    }

    public Errno PollForReap(SafeFileHandle epoll, SafePidFdHandle pidFd, int milliseconds, out bool reaped)
    {
        OnPollForReap?.Invoke();
        Errno error = _kernel.PollForReap(epoll, pidFd, milliseconds, out reaped);
        ReapReports.Enqueue(reaped);
        return error;
    }

    public Errno PollAny(SafePidFdHandle[] pidFds, int count, int milliseconds, bool[] exited) =>
        OnPollAny?.Invoke(milliseconds) ?? _kernel.PollAny(pidFds, count, milliseconds, exited);

    public Errno Kill(int processId, int signal) => OnKill?.Invoke(processId, signal) ?? _kernel.Kill(processId, signal);

    public Errno ReadProcChildren(int processId, int threadId, List<int> children)
    {
        Errno error = OnReadChildren?.Invoke(processId, threadId) ?? _kernel.ReadProcChildren(processId, threadId, children);
        ChangeChildren?.Invoke(processId, children);
        return error;
    }

    public Errno ListProcesses(List<int> processIds)
    {
        Errno error = OnListProcesses?.Invoke() ?? _kernel.ListProcesses(processIds);
        ChangeProcesses?.Invoke(processIds);
        return error;
    }

    public Errno ListThreads(int processId, List<int> threadIds)
    {
        Errno error = OnListThreads?.Invoke(processId) ?? _kernel.ListThreads(processId, threadIds);
        ChangeThreads?.Invoke(processId, threadIds);
        return error;
    }

    private SafePidFdHandle WithNumber(SafePidFdHandle pidFd, Errno error)
    {
        if (!OpensHighNumbers || error != 0)
        {
            return pidFd;
        }

        using (pidFd)
        {
            return ToHighNumber(pidFd);
        }
    }

    private static unsafe SafePidFdHandle ToHighNumber(SafePidFdHandle pidFd)
    {
        Native.Limits limits = new();
        Assert.AreEqual(0, Native.GetLimit(Native.DescriptorLimit, &limits));
        int number = Native.Fcntl((int)pidFd.DangerousGetHandle(), DuplicateCloseOnExec, (nint)(limits.Soft - DescriptorsAboveHigh));
        Assert.IsGreaterThan(0, number);
        return new SafePidFdHandle(number, ownsHandle: true);
    }
}
