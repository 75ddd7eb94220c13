using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

// The tests with the mock show how the library acts on an errno. These tests show that the errno of a real kernel reaches that code.
[TestClass]
public sealed class SeccompTests
{
    private const int Always = int.MaxValue;
    private const int Poll = 7;
    private const int Ioctl = 16;
    private const int Kill = 62;
    private const int EpollWait = 232;
    private const int EpollControl = 233;
    private const int WaitId = 247;
    private const int OpenAt = 257;
    private const int EpollCreate = 291;
    private const int OpenByHandleAt = 304;
    private const int PidFdSendSignal = 424;
    private const int PidFdOpen = 434;

    [TestMethod]
    [DataRow(PidFdOpen, Errno.ENOSYS, "pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)")]
    [DataRow(PidFdOpen, Errno.EPERM,
        "pidfd_open: EPERM (seccomp or another security module forbids it. Allow the call in the container's profile)")]
    [DataRow(WaitId, Errno.EINVAL, "waitid(P_PIDFD): EINVAL (Linux older than 5.4)")]
    [DataRow(PidFdSendSignal, Errno.EPERM, "pidfd_send_signal: EPERM (seccomp or another security module forbids it)")]
    [DataRow(Poll, Errno.ENOSYS, "poll: ENOSYS (the kernel lacks the call, or seccomp)")]
    [DataRow(EpollCreate, Errno.EMFILE,
        "epoll_create1: EMFILE (this process is out of file descriptors. Raise RLIMIT_NOFILE or dispose exited processes)")]
    [DataRow(EpollControl, Errno.ENOSPC, "epoll_ctl: ENOSPC (too many epoll watches. Raise fs.epoll.max_user_watches)")]
    [DataRow(EpollWait, Errno.ENOSYS, "epoll_wait: ENOSYS (the kernel lacks the call, or seccomp)")]
    internal void TheProbe_NamesTheCallThatTheKernelRefuses(int number, Errno error, string reason)
    {
        using KernelMock kernel = new();
        PidFdSupport? support = null;
        int failed = FailingSystemCall.Run(number, error, Always, () => support = kernel.Platform.Support);
        Assert.IsGreaterThan(0, failed);
        Assert.AreEqual((false, reason), (support!.IsSupported, support.Reason));
        Assert.IsTrue(kernel.PidFds.All(p => p.IsClosed));
        Assert.IsTrue(kernel.Epolls.All(e => e.IsClosed));
    }

    // SELinux answers so without the permission signull. The runtime takes every errno but EPERM for an exit.
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void ANonChild_ThatASecurityModuleLetsNoSignalReach_IsNotTakenForExited(bool isKnownToRuntime)
    {
        using ProcessHandleRegistry registry = new();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        if (isKnownToRuntime)
        {
            // The runtime keeps a state of the process from now on, and the attachment asks it.
            Assert.IsFalse(process.HasExited);
        }

        bool? hasExited = null;
        int failed = FailingSystemCall.Run(Kill, Errno.EACCES, Always, () =>
        {
            Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
            hasExited = registry.HasExited(process);
        });
        Assert.AreEqual(isKnownToRuntime, failed > 0);
        Assert.IsFalse(hasExited);
        registry.Kill(process);
        Assert.IsTrue(registry.WaitForExit(process, 60_000));
    }

    [TestMethod]
    public void ThePidOfAPidFd_WithoutTheIoctl_ComesFromFdInfo_AndWithoutBothTheErrnoOfTheIoctlIsLeft()
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(Environment.ProcessId, out SafePidFdHandle opened));
        using SafePidFdHandle pidFd = opened;
        FailingSystemCall.Run(Ioctl, Errno.ENOTTY, Always, () =>
        {
            Assert.AreEqual((Errno)0, LinuxPidFs.Instance.GetProcessId(pidFd, out int processId));
            Assert.AreEqual(Environment.ProcessId, processId);
        });

        // The ioctl and fdinfo of a file know no PID.
        using SafeFileHandle file = File.OpenHandle("/dev/null");
        using SafePidFdHandle noPidFd = new(file.DangerousGetHandle(), ownsHandle: false);
        Assert.AreEqual(Errno.ENOTTY, LinuxPidFs.Instance.GetProcessId(noPidFd, out _));
        int failed = FailingSystemCall.Run(OpenAt, Errno.EMFILE, Always, () =>
            Assert.AreEqual(Errno.ENOTTY, LinuxPidFs.Instance.GetProcessId(noPidFd, out _)));
        Assert.IsGreaterThan(0, failed);
    }

    [TestMethod]
    public void UnderAFilterOfTheKernel_TheProbeOpensNoHandle()
    {
        LinuxPidFs calls = LinuxPidFs.Instance;
        Assert.AreEqual((Errno)0, calls.HasSeccompFilter(out bool hasFilter));
        Assert.AreEqual(File.ReadLines("/proc/thread-self/status").Contains("Seccomp:\t2"), hasFilter);
        PidFsAbility? ability = null;
        int failed = FailingSystemCall.Run(OpenByHandleAt, Errno.EPERM, Always, () =>
        {
            Assert.AreEqual((Errno)0, calls.HasSeccompFilter(out hasFilter));
            ability = PidFsAbility.Probe(LinuxKernel.Instance, calls);
        });
        Assert.AreEqual((0, true), (failed, hasFilter));
        Assert.AreNotEqual(PidFsMethod.FileHandle, ability!.Method);
    }

    [TestMethod]
    [DataRow(WaitId)]
    [DataRow(Poll)]
    [DataRow(EpollWait)]
    public void AnInterruptedCall_IsRepeated(int number)
    {
        PidFdSupport? support = null;
        int failed = FailingSystemCall.Run(number, Errno.EINTR, times: 3, () => support = PidFdProbe.Run(LinuxKernel.Instance));
        Assert.AreEqual((3, true), (failed, support!.IsSupported), support.Reason);
    }
}
