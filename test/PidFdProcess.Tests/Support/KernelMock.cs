using System.Collections.Concurrent;
using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using Moq;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Support;

/// <summary>The calls of <see cref="IKernel"/>, for tables of failures.</summary>
public enum KernelCall
{
    PidFdOpen,
    PidFdSendSignal,
    WaitId,
    Poll,
    Duplicate,
    EpollCreate,
    EpollAdd,
    EpollRemove,
    EpollWait,
}

/// <summary>
/// A mock of the kernel. It passes every call to the real one unless a test makes it fail. It counts the calls, and remembers every descriptor that
/// it handed out. A later setup on <see cref="Mock"/> overrides the setup made here.
/// </summary>
internal sealed class KernelMock : IDisposable
{
    public delegate Errno OpenCall(int processId, out SafePidFdHandle pidFd);

    public delegate Errno WaitIdCall(SafePidFdHandle pidFd, out SigInfo info, out RUsage usage);

    public delegate Errno PollCall(SafePidFdHandle pidFd, int milliseconds, out bool exited);

    public delegate Errno DuplicateCall(SafePidFdHandle pidFd, out SafePidFdHandle duplicate);

    public delegate Errno EpollCreateCall(out SafeFileHandle epoll);

    public delegate Errno PollForReapCall(SafeFileHandle epoll, SafePidFdHandle pidFd, int milliseconds, out bool reaped);

    public delegate Errno EpollWaitCall(SafeFileHandle epoll, ulong[] tokens, int milliseconds, out int count);

    public delegate Errno GetParentCall(SafePidFdHandle pidFd, out int parentId);

    public delegate Errno GetExitCall(SafePidFdHandle pidFd, out WaitStatus? status);

    public delegate Errno ReadStatCall(int processId, out ProcStat stat);

    private static readonly LinuxKernel s_real = LinuxKernel.Instance;

    private readonly object _gate = new();
    private readonly int[] _calls = new int[Enum.GetValues<KernelCall>().Length];
    private readonly Dictionary<KernelCall, (Errno Error, int Times)> _failures = [];
    private Errno _eventLoopError;

    public KernelMock()
    {
        Platform = new PidFdPlatform(Mock.Object);
        Mock.Setup(k => k.PidFdOpen(It.IsAny<int>(), out It.Ref<SafePidFdHandle>.IsAny)).Returns(new OpenCall(PidFdOpen));
        Mock.Setup(k => k.PidFdSendSignal(It.IsAny<SafePidFdHandle>(), It.IsAny<int>())).Returns(
            (SafePidFdHandle pidFd, int signal) => Or(KernelCall.PidFdSendSignal, () => s_real.PidFdSendSignal(pidFd, signal)));
        Mock.Setup(k => k.WaitIdNoWait(It.IsAny<SafePidFdHandle>(), out It.Ref<SigInfo>.IsAny, out It.Ref<RUsage>.IsAny))
            .Returns(new WaitIdCall(WaitIdNoWait));
        Mock.Setup(k => k.Poll(It.IsAny<SafePidFdHandle>(), It.IsAny<int>(), out It.Ref<bool>.IsAny)).Returns(new PollCall(Poll));
        Mock.Setup(k => k.Duplicate(It.IsAny<SafePidFdHandle>(), out It.Ref<SafePidFdHandle>.IsAny)).Returns(new DuplicateCall(Duplicate));
        Mock.Setup(k => k.EpollCreate(out It.Ref<SafeFileHandle>.IsAny)).Returns(new EpollCreateCall(EpollCreate));
        Mock.Setup(k => k.EpollAdd(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>(), It.IsAny<ulong>())).Returns(
            (SafeFileHandle epoll, SafePidFdHandle pidFd, ulong token) =>
                Or(KernelCall.EpollAdd, () => s_real.EpollAdd(epoll, pidFd, token)));
        Mock.Setup(k => k.EpollRemove(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>())).Returns(
            (SafeFileHandle epoll, SafePidFdHandle pidFd) => Or(KernelCall.EpollRemove, () => s_real.EpollRemove(epoll, pidFd)));
        Mock.Setup(k => k.EpollWait(It.IsAny<SafeFileHandle>(), It.IsAny<ulong[]>(), It.IsAny<int>(), out It.Ref<int>.IsAny))
            .Returns(new EpollWaitCall(EpollWait));
        Mock.Setup(k => k.PidFdGetExit(It.IsAny<SafePidFdHandle>(), out It.Ref<WaitStatus?>.IsAny)).Returns(new GetExitCall(s_real.PidFdGetExit));
        Mock.Setup(k => k.PidFdGetParent(It.IsAny<SafePidFdHandle>(), out It.Ref<int>.IsAny)).Returns(new GetParentCall(s_real.PidFdGetParent));
        Mock.Setup(k => k.ReadProcStat(It.IsAny<int>(), out It.Ref<ProcStat>.IsAny)).Returns(new ReadStatCall(s_real.ReadProcStat));
        Mock.Setup(k => k.PollForReap(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>(), It.IsAny<int>(), out It.Ref<bool>.IsAny))
            .Returns(new PollForReapCall(s_real.PollForReap));
        Mock.Setup(k => k.PollAny(It.IsAny<SafePidFdHandle[]>(), It.IsAny<int>(), It.IsAny<int>(), It.IsAny<bool[]>())).Returns(s_real.PollAny);
        Mock.Setup(k => k.Kill(It.IsAny<int>(), It.IsAny<int>())).Returns(s_real.Kill);
        Mock.Setup(k => k.ReadProcChildren(It.IsAny<int>(), It.IsAny<int>(), It.IsAny<List<int>>())).Returns(s_real.ReadProcChildren);
        Mock.Setup(k => k.ListProcesses(It.IsAny<List<int>>())).Returns(s_real.ListProcesses);
        Mock.Setup(k => k.ListThreads(It.IsAny<int>(), It.IsAny<List<int>>())).Returns(s_real.ListThreads);
    }

    public Mock<IKernel> Mock { get; } = new(MockBehavior.Strict);

    /// <summary>Gets a platform on this kernel, with its own probe and event loop.</summary>
    public PidFdPlatform Platform { get; }

    /// <summary>
    /// Gets or sets the function for waitid. Two setups do not work, because Moq compares their arguments, and <see cref="RUsage"/> cannot be
    /// compared.
    /// </summary>
    public WaitIdCall OnWaitId { get; set; } = s_real.WaitIdNoWait;

    /// <summary>Gets every pidfd handed out.</summary>
    public ConcurrentQueue<SafePidFdHandle> PidFds { get; } = [];

    /// <summary>Gets every epoll descriptor handed out.</summary>
    public ConcurrentQueue<SafeFileHandle> Epolls { get; } = [];

    /// <summary>Makes the next calls fail, as often as given. Later calls pass.</summary>
    internal void Fail(KernelCall call, Errno error, int times = int.MaxValue)
    {
        lock (_gate)
        {
            _failures[call] = (error, times);
        }
    }

    public int Calls(KernelCall call) => Volatile.Read(ref _calls[(int)call]);

    /// <summary>Makes the blocked epoll_wait of the event loop return this errno, and waits until the loop has ended.</summary>
    internal void BreakEventLoop(Errno error) => BreakEventLoop(Epolls.Last(static epoll => !epoll.IsClosed), error);

    private void BreakEventLoop(SafeFileHandle epoll, Errno error)
    {
        // The other end of the pipe is closed, so that it is ready and wakes epoll_wait.
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        pipe.DisposeLocalCopyOfClientHandle();
        using SafePidFdHandle wake = new(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        _eventLoopError = error;
        try
        {
            Assert.AreEqual((Errno)0, s_real.EpollAdd(epoll, wake, token: 0));
        }
        catch (ObjectDisposedException)
        {
            // The loop woke by itself, took the error and gave up.
        }

        TestProcesses.WaitUntil(() => epoll.IsClosed, "the event loop gives up");
    }

    public void AssertAllClosed() => TestProcesses.WaitUntil(() => PidFds.All(p => p.IsClosed), "every pidfd is closed");

    /// <summary>Ends the thread of the event loop, which otherwise outlives the test.</summary>
    public void Dispose()
    {
        if (Epolls.LastOrDefault(static epoll => !epoll.IsClosed) is { } open)
        {
            BreakEventLoop(open, Errno.EBADF);
        }
    }

    private Errno PidFdOpen(int processId, out SafePidFdHandle pidFd)
    {
        SafePidFdHandle opened = new();
        Errno error = Or(KernelCall.PidFdOpen, () => s_real.PidFdOpen(processId, out opened));
        pidFd = opened;
        return Remember(error, PidFds, opened);
    }

    private Errno WaitIdNoWait(SafePidFdHandle pidFd, out SigInfo info, out RUsage usage)
    {
        SigInfo gotInfo = default;
        RUsage gotUsage = default;
        Errno error = Or(KernelCall.WaitId, () => OnWaitId(pidFd, out gotInfo, out gotUsage));
        (info, usage) = (gotInfo, gotUsage);
        return error;
    }

    private Errno Poll(SafePidFdHandle pidFd, int milliseconds, out bool exited)
    {
        bool gone = false;
        Errno error = Or(KernelCall.Poll, () => s_real.Poll(pidFd, milliseconds, out gone));
        exited = gone;
        return error;
    }

    private Errno Duplicate(SafePidFdHandle pidFd, out SafePidFdHandle duplicate)
    {
        SafePidFdHandle duplicated = new();
        Errno error = Or(KernelCall.Duplicate, () => s_real.Duplicate(pidFd, out duplicated));
        duplicate = duplicated;
        return Remember(error, PidFds, duplicated);
    }

    private Errno EpollCreate(out SafeFileHandle epoll)
    {
        SafeFileHandle created = new();
        Errno error = Or(KernelCall.EpollCreate, () => s_real.EpollCreate(out created));
        epoll = created;
        return Remember(error, Epolls, created);
    }

    private Errno EpollWait(SafeFileHandle epoll, ulong[] tokens, int milliseconds, out int count)
    {
        int ready = 0;
        Errno error = Or(KernelCall.EpollWait, () => s_real.EpollWait(epoll, tokens, milliseconds, out ready));
        count = ready;
        if (milliseconds != 0 && _eventLoopError != 0)
        {
            error = _eventLoopError;
            _eventLoopError = 0;
        }

        return error;
    }

    private static Errno Remember<T>(Errno error, ConcurrentQueue<T> handed, T handle)
    {
        if (error == 0)
        {
            handed.Enqueue(handle);
        }

        return error;
    }

    private Errno Or(KernelCall call, Func<Errno> real)
    {
        Interlocked.Increment(ref _calls[(int)call]);
        lock (_gate)
        {
            if (_failures.TryGetValue(call, out (Errno Error, int Times) failure) && failure.Times > 0)
            {
                _failures[call] = (failure.Error, failure.Times - 1);
                return failure.Error;
            }
        }

        return real();
    }
}
