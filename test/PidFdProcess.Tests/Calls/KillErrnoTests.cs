using System.ComponentModel;
using System.Diagnostics;
using Moq;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Calls;

[TestClass]
public sealed class KillErrnoTests
{
    private const int SigKill = 9;

    [TestMethod]
    public void Kill_SendsSigKillThroughThePidFd_AndDoesNothingElse()
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        child.Kernel.Mock.Invocations.Clear();
        child.Registry.Kill(child.Process);
        child.Kernel.Mock.Verify(k => k.PidFdSendSignal(child.Kernel.PidFds.Last(), SigKill), Times.Once);
        child.Kernel.Mock.VerifyNoOtherCalls();
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        Assert.AreEqual(137, child.Process.ExitCode);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public void ESRCH_IsNoError_AndStockKillIsNotTried()
    {
        using MockedChild child = new();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Fail(KernelCall.PidFdSendSignal, Errno.ESRCH, times: 1);
        child.Registry.Kill(child.Process);
        Assert.IsFalse(child.Process.WaitForExit(0), "A kill by PID would have hit the process.");
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
    }

    [TestMethod]
    public void EPERM_IsAWin32Exception_ThatNamesCallErrnoAndProcess()
    {
        using MockedChild child = new();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Fail(KernelCall.PidFdSendSignal, Errno.EPERM, times: 1);
        Win32Exception refused = Assert.ThrowsExactly<Win32Exception>(() => child.Registry.Kill(child.Process));

        Assert.AreEqual(1, refused.NativeErrorCode);
        Assert.AreEqual(
            $"pidfd_send_signal(SIGKILL) to process {child.Process.Id}: EPERM ("
            + "not permitted. Run as the process's user or with CAP_KILL, or allow it in SELinux, AppArmor or seccomp)",
            refused.Message);
        Assert.IsFalse(child.Process.WaitForExit(0), "Stock is not tried: it would be refused just as well.");
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));

        child.Registry.Kill(child.Process);
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    [DataRow(Errno.ENOSYS)]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOMEM)]
    [DataRow(Errno.EAGAIN)]
    [DataRow(Errno.EACCES)]
    [DataRow(Errno.EIO)]
    [DataRow((Errno)1234)]
    internal void NoErrnoOfASignal_IsAReasonToGoByPid(Errno error)
    {
        using MockedChild child = new();
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Fail(KernelCall.PidFdSendSignal, error, times: 1);
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => child.Registry.Kill(child.Process));
        Assert.AreEqual((int)error, e.NativeErrorCode);
        Assert.StartsWith($"pidfd_send_signal(SIGKILL) to process {child.Process.Id}: ", e.Message);
        Assert.IsFalse(child.Process.HasExited);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        Assert.AreEqual((ProcessRoute.PidFd, "attached"), (attachment.Route, attachment.Reason));

        child.Registry.Kill(child.Process);
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        Assert.AreEqual(137, child.Process.ExitCode);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public void ATreeKillWithoutProc_KillsTheProcessThroughItsPidFd_AndNoDescendantByPid()
    {
        using MockedChild child = new("sleep 1000 & echo $!; wait");
        int descendant = int.Parse(child.Process.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
        ProcessAttachment attachment = child.Registry.Attach(child.Process);
        child.Kernel.Mock.Setup(k => k.ReadProcStat(It.IsAny<int>(), out It.Ref<ProcStat>.IsAny)).Returns(Errno.ENOENT);
        child.Registry.Kill(child.Process, entireProcessTree: true);
        Assert.AreSame(attachment, child.Registry.Attach(child.Process));
        Assert.AreEqual(
            "attached. The last call killed the process without its descendants: "
            + "/proc: ENOENT (it is not mounted, or not for this PID namespace)",
            attachment.Reason);
        child.Registry.WaitForExitOnly(child.Process);
        Assert.AreEqual(137, child.Process.ExitCode);
        Assert.IsTrue(TestProcesses.StateOf(descendant) is not (null or 'Z' or 'X'));
        Shared.Native.KillByPid(descendant);
        child.AssertNothingStaysOpen();
    }

    [TestMethod]
    public void AKillAfterTheExitWasSeen_CallsNoKernel()
    {
        using MockedChild child = new();
        child.Registry.Attach(child.Process);
        child.Registry.Kill(child.Process);
        Assert.IsTrue(child.Registry.WaitForExit(child.Process, -1));
        int signals = child.Kernel.Calls(KernelCall.PidFdSendSignal);
        child.Registry.Kill(child.Process);
        Assert.AreEqual(signals, child.Kernel.Calls(KernelCall.PidFdSendSignal));
        Assert.IsTrue(child.Kernel.PidFds.All(p => p.IsClosed));
    }

    [TestMethod]
    public void AKillOfAnUnstartedProcess_IsAnInvalidOperation()
    {
        using MockedChild child = new();
        using Process unstarted = new();
        Assert.ThrowsExactly<InvalidOperationException>(() => child.Registry.Kill(unstarted));
    }
}
