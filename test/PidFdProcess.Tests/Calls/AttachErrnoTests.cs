using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Calls;

[TestClass]
public sealed class AttachErrnoTests
{
    [TestMethod]
    [DataRow(Errno.ENOSYS, "pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)")]
    [DataRow(Errno.EPERM, "pidfd_open: EPERM (seccomp or another security module forbids it. Allow the call in the container's profile)")]
    [DataRow(Errno.EACCES, "pidfd_open: EACCES (seccomp or another security module forbids it. Allow the call in the container's profile)")]
    internal void AnErrnoThatDoesNotPass_MeansTheStockRouteForGood(Errno error, string reason)
    {
        using MockedChild child = new();
        child.Kernel.Fail(KernelCall.PidFdOpen, error, times: 1);
        ProcessAttachment attachment = child.Registry.Attach(child.Process);

        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        Assert.AreEqual(reason, attachment.Reason);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        AssertStockServes(child);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    [DataRow(Errno.EMFILE,
        "pidfd_open: EMFILE (this process is out of file descriptors. Raise RLIMIT_NOFILE or dispose exited processes)")]
    [DataRow(Errno.ENFILE, "pidfd_open: ENFILE (the system is out of file descriptors. Raise fs.file-max)")]
    [DataRow(Errno.ENOMEM, "pidfd_open: ENOMEM (the kernel is out of memory)")]
    [DataRow(Errno.ENODEV, "pidfd_open: ENODEV (the kernel has no anonymous inodes left)")]
    internal void AResourceErrno_MeansTheStockRoute_UntilThereAreResourcesAgain(Errno error, string reason)
    {
        using MockedChild child = new();
        child.Kernel.Fail(KernelCall.PidFdOpen, error, times: 3);
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        Assert.AreEqual(reason, attachment.Reason);
        Assert.IsFalse(child.Registry.HasExited(child.Process));
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, 0));

        attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual((ProcessRoute.PidFd, "attached"), (attachment.Route, attachment.Reason));
        Assert.AreEqual(1, child.Registry.Count);
        child.Registry.Kill(child.Process);
        child.Registry.WaitForExit(child.Process, -1);
        Assert.AreEqual(137, child.Process.ExitCode);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public void AResourceErrno_LetsTheRuntimeServeTheCall()
    {
        using MockedChild child = new();
        child.Kernel.Fail(KernelCall.PidFdOpen, Errno.EMFILE);
        AssertStockServes(child);
        Assert.IsEmpty(child.Kernel.PidFds.Where(p => !p.IsClosed));
    }

    [TestMethod]
    public void ESRCH_OfAnExitedChild_IsAnExit()
    {
        using MockedChild child = new();
        child.KillByStock();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        Assert.AreEqual("the process had exited before it was attached", attachment.Reason);
        Assert.IsTrue(child.Registry.HasExited(child.Process));
        child.Registry.Kill(child.Process);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    [DataRow(Errno.ESRCH)]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOENT)]
    internal void APidWithoutAProcess_IsAnExit_ThoughTheRuntimeDoesNotKnow(Errno error)
    {
        using MockedChild child = new();
        child.Kernel.Fail(KernelCall.PidFdOpen, error, times: 1);
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual((ProcessRoute.Stock, "the process had exited before it was attached"), (attachment.Route, attachment.Reason));

        // A stranger may have its PID.
        child.Registry.Kill(child.Process);
        Assert.IsFalse(child.Process.HasExited);
        Assert.IsTrue(child.Registry.HasExited(child.Process));
    }

    [TestMethod]
    public void AnExitBetweenOpenAndCheck_ClosesThePidFd()
    {
        using MockedChild child = new();
        child.Kernel.Mock.Setup(k => k.PidFdOpen(child.Process.Id, out Moq.It.Ref<SafePidFdHandle>.IsAny)).Returns(
            new KernelMock.OpenCall((int processId, out SafePidFdHandle pidFd) =>
            {
                Errno error = PidFdProcess.Linux.LinuxKernel.Instance.PidFdOpen(processId, out pidFd);
                child.Kernel.PidFds.Enqueue(pidFd);
                child.KillByStock();
                return error;
            }));
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        Assert.AreEqual("the process had exited before it was attached", attachment.Reason);
        Assert.HasCount(2, child.Kernel.PidFds, "One of the probe, one of the child.");
        Assert.IsTrue(child.Kernel.PidFds.All(p => p.IsClosed));
    }

    [TestMethod]
    [DataRow(Errno.ENOSYS)]
    [DataRow(Errno.EPERM)]
    internal void AFailedProbe_SendsEveryProcessToTheStockRoute(Errno error)
    {
        using KernelMock kernel = new();
        kernel.Fail(KernelCall.PidFdOpen, error);
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using System.Diagnostics.Process process = TestProcesses.StartSleeper();
        ProcessAttachment attachment = registry.Attach(process);
        Assert.AreEqual((ProcessRoute.Stock, registry.Support.Reason), (attachment.Route, attachment.Reason));
        registry.Kill(process);
        Assert.IsTrue(registry.WaitForExit(process, -1));
        Assert.AreEqual(137, process.ExitCode);
        Assert.AreEqual(1, kernel.Calls(KernelCall.PidFdOpen));
    }

    [TestMethod]
    public void AProbeThatRanOutOfResources_IsRepeatedAtTheNextCall()
    {
        using KernelMock kernel = new();
        kernel.Fail(KernelCall.EpollCreate, Errno.EMFILE, times: 1);
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using System.Diagnostics.Process process = TestProcesses.StartSleeper();
        ProcessAttachment attachment = registry.Attach(process);
        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        Assert.StartsWith("epoll_create1: EMFILE", attachment.Reason);
        registry.Kill(process);
        Assert.IsTrue(registry.WaitForExit(process, -1));
        Assert.IsTrue(registry.Support.IsSupported);
        registry.Dispose();
        kernel.AssertAllClosed();
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.ENOSYS)]
    internal void Open_WhenThePidFdCannotBeOpened_ReturnsTheStockProcess(Errno error)
    {
        using MockedChild child = new();
        child.Kernel.Fail(KernelCall.PidFdOpen, error);
        using System.Diagnostics.Process opened = child.Registry.Open(child.Process.Id);
        Assert.AreEqual(child.Process.Id, opened.Id);
        Assert.IsTrue(child.Registry.TryGetAttachment(opened, out ProcessAttachment? attachment));
        Assert.AreEqual(ProcessRoute.Stock, attachment.Route);
        Assert.Contains(error.ToString(), attachment.Reason);
    }

    [TestMethod]
    [DataRow(KernelCall.PidFdOpen)]
    [DataRow(KernelCall.PidFdSendSignal)]
    public void Open_OfAProcessThatIsGone_IsAnArgumentException(KernelCall call)
    {
        using MockedChild child = new();
        child.Kernel.Fail(call, Errno.ESRCH);
        ArgumentException gone = Assert.ThrowsExactly<ArgumentException>(() => child.Registry.Open(child.Process.Id));
        Assert.Contains($"Process with an Id of {child.Process.Id} is not running", gone.Message);
        Assert.AreEqual(0, child.Registry.Count);
        child.Kernel.AssertAllClosed();
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.ENFILE)]
    internal void ADuplicate_WhenDescriptorsAreShort_IsRefused_AndTheAttachmentStays(Errno error)
    {
        using MockedChild child = new();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Fail(KernelCall.Duplicate, error, times: 1);
        Assert.IsFalse(child.Registry.TryGetPidFd(child.Process, out SafePidFdHandle? handle));
        Assert.IsNull(handle);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        Assert.IsTrue(child.Registry.TryGetPidFd(child.Process, out handle));
        handle.Dispose();
        child.AssertNothingStaysOpen();
    }

    private static void AssertStockServes(MockedChild child)
    {
        Assert.IsFalse(child.Registry.HasExited(child.Process));
        Assert.IsFalse(child.Registry.WaitForExit(child.Process, 0));
        Assert.IsFalse(child.Registry.TryGetPidFd(child.Process, out _));
        Task exit = child.Registry.WaitForExitAsync(child.Process);
        child.Registry.Kill(child.Process);
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        Assert.IsTrue(exit.Wait(TimeSpan.FromSeconds(30)));
        Assert.AreEqual(137, child.Process.ExitCode);
    }
}
