using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Moq;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Handles;

[TestClass]
public sealed class PidFdProbeTests
{
    private const string Seccomp = "seccomp or another security module forbids it. Allow the call in the container's profile";
    private const string Unfit = ". This kernel or emulator does not implement pidfds fully";

    [TestMethod]
    public void TheRealKernel_IsSupported()
    {
        using KernelMock kernel = new();
        PidFdSupport support = PidFdProbe.Run(kernel.Mock.Object);
        Assert.IsTrue(support.IsSupported, support.Reason);
        Assert.AreEqual("pidfds work", support.Reason);
        Assert.IsNull(support.Error);
        AssertAllClosed(kernel, pidFds: 1, epolls: 1);
    }

    [TestMethod]
    [DataRow(KernelCall.PidFdOpen, Errno.ENOSYS, "pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)")]
    [DataRow(KernelCall.PidFdOpen, Errno.EPERM, "pidfd_open: EPERM (" + Seccomp + ")")]
    [DataRow(KernelCall.PidFdOpen, Errno.EACCES, "pidfd_open: EACCES (" + Seccomp + ")")]
    [DataRow(KernelCall.PidFdOpen, Errno.EINVAL, "pidfd_open: EINVAL (the id of a thread, not of a process)")]
    [DataRow(KernelCall.PidFdOpen, Errno.EMFILE,
        "pidfd_open: EMFILE (this process is out of file descriptors. Raise RLIMIT_NOFILE or dispose exited processes)")]
    [DataRow(KernelCall.PidFdOpen, Errno.ENFILE, "pidfd_open: ENFILE (the system is out of file descriptors. Raise fs.file-max)")]
    [DataRow(KernelCall.PidFdOpen, Errno.ENOMEM, "pidfd_open: ENOMEM (the kernel is out of memory)")]
    [DataRow(KernelCall.PidFdOpen, Errno.ENODEV, "pidfd_open: ENODEV (the kernel has no anonymous inodes left)")]
    [DataRow(KernelCall.WaitId, Errno.EINVAL, "waitid(P_PIDFD): EINVAL (Linux older than 5.4)")]
    [DataRow(KernelCall.WaitId, Errno.ENOSYS, "waitid(P_PIDFD): ENOSYS (the kernel lacks the call, or seccomp)")]
    [DataRow(KernelCall.WaitId, Errno.EPERM, "waitid(P_PIDFD): EPERM (" + Seccomp + ")")]
    [DataRow(KernelCall.PidFdSendSignal, Errno.ENOSYS, "pidfd_send_signal: ENOSYS (Linux older than 5.1 or seccomp)")]
    [DataRow(KernelCall.PidFdSendSignal, Errno.EPERM, "pidfd_send_signal: EPERM (seccomp or another security module forbids it)")]
    [DataRow(KernelCall.PidFdSendSignal, Errno.EACCES, "pidfd_send_signal: EACCES (seccomp or another security module forbids it)")]
    [DataRow(KernelCall.Poll, Errno.ENOSYS, "poll: ENOSYS (the kernel lacks the call, or seccomp)")]
    [DataRow(KernelCall.Poll, Errno.EINVAL, "poll: EINVAL (Invalid argument)")]
    [DataRow(KernelCall.Poll, Errno.ENOMEM, "poll: ENOMEM (the kernel is out of memory)")]
    [DataRow(KernelCall.EpollCreate, Errno.EMFILE,
        "epoll_create1: EMFILE (this process is out of file descriptors. Raise RLIMIT_NOFILE or dispose exited processes)")]
    [DataRow(KernelCall.EpollCreate, Errno.ENOSYS, "epoll_create1: ENOSYS (the kernel lacks the call, or seccomp)")]
    [DataRow(KernelCall.EpollAdd, Errno.ENOSPC, "epoll_ctl: ENOSPC (too many epoll watches. Raise fs.epoll.max_user_watches)")]
    [DataRow(KernelCall.EpollAdd, Errno.EPERM, "epoll_ctl: EPERM (" + Seccomp + ")")]
    [DataRow(KernelCall.EpollWait, Errno.EINVAL, "epoll_wait: EINVAL (Invalid argument)")]
    [DataRow(KernelCall.EpollWait, Errno.ENOSYS, "epoll_wait: ENOSYS (the kernel lacks the call, or seccomp)")]
    internal void AFailingCall_IsNamedWithItsErrnoAndAHint(KernelCall call, Errno error, string reason)
    {
        using KernelMock kernel = new();
        kernel.Fail(call, error);
        PidFdSupport support = PidFdProbe.Run(kernel.Mock.Object);

        Assert.IsFalse(support.IsSupported);
        Assert.AreEqual(reason, support.Reason);
        Assert.AreEqual("pidfds are not used: " + reason, support.ToString());
        Assert.AreEqual((int)error, (int)support.Error!.Value);
        Assert.AreEqual(1, kernel.Calls(call));
        AssertAllClosed(kernel, pidFds: call == KernelCall.PidFdOpen ? 0 : 1, epolls: call >= KernelCall.EpollAdd ? 1 : 0);
    }

    [TestMethod]
    public void TheProbe_AfterItsFirstFailure_CallsNothing()
    {
        using KernelMock kernel = new();
        kernel.Fail(KernelCall.PidFdOpen, Errno.ENOSYS);
        PidFdProbe.Run(kernel.Mock.Object);
        Assert.HasCount(1, kernel.Mock.Invocations);
    }

    [TestMethod]
    public void AKernelThatTakesThisProcessForItsOwnChild_IsRejected()
    {
        using KernelMock kernel = new();
        kernel.OnWaitId = (SafePidFdHandle _, out SigInfo info, out RUsage usage) =>
        {
            info = default;
            usage = default;
            return 0;
        };
        AssertRejected(kernel, "waitid(P_PIDFD) took this process for its own child" + Unfit, epolls: 0);
    }

    [TestMethod]
    public void AKernelWhosePollReportsThisProcessAsExited_IsRejected()
    {
        using KernelMock kernel = new();
        bool exited = true;
        kernel.Mock.Setup(k => k.Poll(It.IsAny<SafePidFdHandle>(), 0, out exited)).Returns(0);
        AssertRejected(kernel, "poll reported this process as exited" + Unfit, epolls: 0);
    }

    [TestMethod]
    public void AKernelWhoseEpollReportsThisProcessAsExited_IsRejected()
    {
        using KernelMock kernel = new();
        int count = 1;
        kernel.Mock.Setup(k => k.EpollWait(It.IsAny<SafeFileHandle>(), It.IsAny<ulong[]>(), 0, out count)).Returns(0);
        AssertRejected(kernel, "epoll_wait reported this process as exited" + Unfit, epolls: 1);
    }

    [TestMethod]
    [DataRow(KernelCall.Poll)]
    [DataRow(KernelCall.EpollWait)]
    public void AnInterruptedCall_IsRepeated(KernelCall call)
    {
        using KernelMock kernel = new();
        kernel.Fail(call, Errno.EINTR, times: 3);
        PidFdSupport support = PidFdProbe.Run(kernel.Mock.Object);
        Assert.IsTrue(support.IsSupported, support.Reason);
        Assert.AreEqual(4, kernel.Calls(call));
        AssertAllClosed(kernel, pidFds: 1, epolls: 1);
    }

    [TestMethod]
    public void TheProbeRunsOnce_HoweverManyThreadsAsk()
    {
        const int Threads = 8;
        using KernelMock kernel = new();
        using ManualResetEventSlim allAsk = new();
        int opened = 0;
        kernel.Mock.Setup(k => k.PidFdOpen(It.IsAny<int>(), out It.Ref<SafePidFdHandle>.IsAny)).Returns(
            new KernelMock.OpenCall((int processId, out SafePidFdHandle pidFd) =>
            {
                Interlocked.Increment(ref opened);
                allAsk.Wait();
                return LinuxKernel.Instance.PidFdOpen(processId, out pidFd);
            }));
        PidFdSupport[] answers = new PidFdSupport[Threads];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() => answers[i] = kernel.Platform.Support))];
        Array.ForEach(threads, t => t.Start());
        TestProcesses.WaitUntil(() => threads.All(t => t.ThreadState.HasFlag(ThreadState.WaitSleepJoin)), "one probes and the others wait");
        allAsk.Set();
        Array.ForEach(threads, t => t.Join());

        Assert.AreEqual(1, opened);
        Assert.IsTrue(answers.All(a => ReferenceEquals(a, answers[0]) && a.IsSupported));
    }

    [TestMethod]
    [DataRow(KernelCall.PidFdOpen, Errno.EMFILE)]
    [DataRow(KernelCall.PidFdOpen, Errno.ENFILE)]
    [DataRow(KernelCall.PidFdOpen, Errno.ENOMEM)]
    [DataRow(KernelCall.PidFdOpen, Errno.ENODEV)]
    [DataRow(KernelCall.EpollCreate, Errno.EMFILE)]
    [DataRow(KernelCall.EpollAdd, Errno.ENOSPC)]
    [DataRow(KernelCall.PidFdSendSignal, Errno.EBADF)]
    [DataRow(KernelCall.Poll, Errno.EBADF)]
    internal void AFailureThatMayPass_IsNotFinal(KernelCall call, Errno error)
    {
        using KernelMock kernel = new();
        kernel.Fail(call, error, times: 2);
        Assert.AreEqual((int)error, (int)kernel.Platform.Support.Error!.Value);
        Assert.AreEqual((int)error, (int)kernel.Platform.Support.Error!.Value);
        Assert.IsTrue(kernel.Platform.Support.IsSupported);
        Assert.IsTrue(kernel.Platform.Support.IsSupported);
        Assert.AreEqual(3, kernel.Calls(KernelCall.PidFdOpen), "Success is final.");
    }

    [TestMethod]
    [DataRow(KernelCall.PidFdOpen, Errno.ENOSYS)]
    [DataRow(KernelCall.PidFdOpen, Errno.EPERM)]
    [DataRow(KernelCall.WaitId, Errno.EINVAL)]
    [DataRow(KernelCall.EpollWait, Errno.EINVAL)]
    internal void AnyOtherFailure_IsFinal(KernelCall call, Errno error)
    {
        using KernelMock kernel = new();
        kernel.Fail(call, error, times: 1);
        PidFdSupport first = kernel.Platform.Support;
        Assert.AreEqual((int)error, (int)first.Error!.Value);
        Assert.AreSame(first, kernel.Platform.Support);
        Assert.AreEqual(1, kernel.Calls(KernelCall.PidFdOpen));
    }

    [TestMethod]
    public void ARefusedSignal_NamesCallSignalProcessAndErrno()
    {
        Win32Exception refused = SystemCallError.SignalRefused("pidfd_send_signal", 4711, signal: 15, Errno.EPERM);
        Assert.AreEqual(1, refused.NativeErrorCode);
        Assert.AreEqual(
            "pidfd_send_signal(SIGTERM) to process 4711: EPERM (not permitted. Run as the process's user or with CAP_KILL, "
            + "or allow it in SELinux, AppArmor or seccomp)",
            refused.Message);
    }

    private static void AssertRejected(KernelMock kernel, string reason, int epolls)
    {
        PidFdSupport support = PidFdProbe.Run(kernel.Mock.Object);
        Assert.IsFalse(support.IsSupported);
        Assert.AreEqual(reason, support.Reason);
        Assert.IsNull(support.Error);
        Assert.IsTrue(support.IsFinal);
        AssertAllClosed(kernel, pidFds: 1, epolls);
    }

    private static void AssertAllClosed(KernelMock kernel, int pidFds, int epolls)
    {
        Assert.HasCount(pidFds, kernel.PidFds);
        Assert.HasCount(epolls, kernel.Epolls);
        Assert.IsTrue(kernel.PidFds.All(p => p.IsClosed), "Every pidfd is closed.");
        Assert.IsTrue(kernel.Epolls.All(e => e.IsClosed), "Every epoll descriptor is closed.");
    }
}
