using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>One object that was fetched by PID, in two registries.</summary>
[TestClass]
public sealed class TwoRegistriesTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AnAttachment_AfterAnotherRegistryHasSeenTheExit_SparesTheNewOwnerOfThePid(bool isDetached)
    {
        RecycledPid.Require();
        using ProcessHandleRegistry first = new();
        using ProcessHandleRegistry second = new();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        first.Attach(process);
        nonChild.KillAndWaitUntilReaped();
        using Process stranger = RecycledPid.Start(nonChild.Id);
        Assert.IsTrue(first.HasExited(process));
        if (isDetached)
        {
            first.Detach(process);
        }

        Assert.IsFalse(second.Signal(process, (Mono.Unix.Native.Signum)0));
        Assert.IsTrue(second.HasExited(process));
        second.Kill(process);
        Assert.IsFalse(stranger.WaitForExit(100));
        stranger.KillViaPidFd();
        stranger.WaitForExit();
    }

    /// <summary>The second registry may not keep its duplicate, whose process has been reaped.</summary>
    [TestMethod]
    public void AnAttachmentWithoutHeadroom_AfterAnExitThatNoRegistryHasSeen_SparesTheNewOwnerOfThePid()
    {
        RecycledPid.Require();
        HookedKernel kernel = new();
        using ProcessHandleRegistry first = TestRegistry.On(kernel.Platform);
        using ProcessHandleRegistry second = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        first.Attach(process);
        nonChild.KillAndWaitUntilReaped();
        using Process stranger = RecycledPid.Start(nonChild.Id);
        kernel.OpensHighNumbers = true;
        second.Kill(process);
        second.Kill(process);
        Assert.IsFalse(stranger.WaitForExit(100));
        stranger.KillViaPidFd();
        stranger.WaitForExit();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AnAttachment_AfterTheOtherRegistryHasClosedItsPidFd_OpensThePid_UnlessTheExitWasSeen(bool isSeen)
    {
        HookedKernel kernel = new HookedKernel().WithoutInfo();
        using ProcessHandleRegistry first = TestRegistry.On(kernel.Platform);
        using ProcessHandleRegistry second = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        first.Attach(process);
        if (isSeen)
        {
            nonChild.KillAndWaitUntilReaped();
            Assert.IsTrue(first.HasExited(process));
        }

        int opens = 0;
        kernel.OnOpen = _ =>
        {
            opens++;
            return null;
        };
        first.Detach(process);
        Assert.AreEqual(isSeen ? ProcessRoute.Stock : ProcessRoute.PidFd, second.Attach(process).Route);
        Assert.AreEqual(isSeen ? 0 : 1, opens);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AnAttachment_WhenThePidFdOfTheOtherRegistryCannotBeDuplicated_OpensThePid_UnlessItIsFree(bool isReaped)
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry first = TestRegistry.On(kernel.Platform);
        using ProcessHandleRegistry second = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        first.Attach(process);
        int opens = kernel.Calls(KernelCall.PidFdOpen);
        kernel.Fail(KernelCall.Duplicate, Errno.EMFILE);
        if (isReaped)
        {
            nonChild.KillAndWaitUntilReaped();
        }

        Assert.AreEqual(isReaped ? ProcessRoute.Stock : ProcessRoute.PidFd, second.Attach(process).Route);
        Assert.AreEqual(isReaped ? 0 : 1, kernel.Calls(KernelCall.PidFdOpen) - opens);
    }

    [TestMethod]
    public void AnAttachment_AfterTheRuntimeHasSeenTheExit_TellsTheStatusAsTheOtherRegistryDoes()
    {
        ReapedStatus.Require();
        using ProcessHandleRegistry first = new();
        using ProcessHandleRegistry second = new();
        using NonChildProcess nonChild = NonChildProcess.StartReaped("read line <&3; exit 7");
        using Process process = Process.GetProcessById(nonChild.Id);
        first.Attach(process);
        nonChild.CloseInput();
        nonChild.WaitUntilReaped();
        Assert.IsTrue(process.HasExited);
        Assert.AreEqual(7, second.WaitForExitStatus(process).ExitCode);
        Assert.AreEqual(7, first.WaitForExitStatus(process).ExitCode);
    }

    /// <summary>The kernel does not tell how a reaped process has ended, as before Linux 6.15. The runtime does.</summary>
    [TestMethod]
    public void AnAttachment_OfASecondObjectOfAChild_TellsTheStatusOfTheRuntime()
    {
        HookedKernel kernel = new HookedKernel().WithoutInfo();
        using ProcessHandleRegistry first = TestRegistry.On(kernel.Platform);
        using ProcessHandleRegistry second = TestRegistry.On(kernel.Platform);
        using Process child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line; exit 7"]) { RedirectStandardInput = true })!;
        using Process process = Process.GetProcessById(child.Id);
        first.Attach(process);
        child.StandardInput.Close();
        child.WaitForExit();
        Assert.IsTrue(process.HasExited);
        Assert.AreEqual(7, second.WaitForExitStatus(process).ExitCode);
    }

    [TestMethod]
    public void AnAttachment_OfAProcessThatAnotherRegistryHas_IsOfTheSameProcess()
    {
        using ProcessHandleRegistry first = new();
        using ProcessHandleRegistry second = new();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        first.Attach(process);
        Assert.AreEqual(ProcessRoute.PidFd, second.Attach(process).Route);
        first.Detach(process);
        second.Kill(process);
        Assert.IsTrue(second.WaitForExit(process, 60_000));
    }
}
