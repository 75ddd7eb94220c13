using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Waits;

namespace PidFdProcess.Tests.Wait;

/// <summary>Pidfds of processes that are reaped after the wait has ended.</summary>
[TestClass]
public sealed class CloseAfterReapTests
{
    [TestMethod]
    [DataRow(WaitKind.Blocking)]
    [DataRow(WaitKind.Timed)]
    [DataRow(WaitKind.Asynchronous)]
    public async Task AReap_AfterAWaitForANonChild_ClosesThePidFd(WaitKind kind)
    {
        int before = ResourceCounts.PidFdBaseline();
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using ProcessHandleRegistry registry = new();
        using Process process = registry.Open(nonChild.Id);
        Task wait = Waiting.Begin(kind, registry, process);
        nonChild.Signal();
        await wait.WaitAsync(Waiting.Limit);
        Assert.AreEqual(before + 1, TestProcesses.OpenPidFds());

        nonChild.Dispose();
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    public async Task AReap_AfterAWaitThatRanAHandler_ClosesThePidFd()
    {
        int before = ResourceCounts.PidFdBaseline();
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using ProcessHandleRegistry registry = new();
        using Process process = registry.Open(nonChild.Id);
        process.Exited += static (_, _) => { };
        Task wait = registry.WaitForExitAsync(process);
        nonChild.Signal();
        await wait.WaitAsync(Waiting.Limit);

        nonChild.Dispose();
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AtTheLimit_TheEndIsNoted_IfOtherCodeHasReapedTheChild(bool isReaped)
    {
        HookedKernel kernel = new();
        using Process child = TestProcesses.StartSleeper();
        Assert.AreEqual((Errno)0, kernel.PidFdOpen(child.Id, out SafePidFdHandle pidFd));
        ProcessHandle handle = new(child.Id, pidFd, RunIdentity.Of(child), new TestOwner(kernel.Platform));
        kernel.OnSignal = (_, _) => isReaped ? Errno.ESRCH : null;
        Assert.IsTrue(handle.TryAddRef());
        CloseAfterReap wait = new(handle);

        Assert.IsFalse(wait.CheckReap(ReapWait.Longest));
        Assert.AreEqual(RunEnd.None, handle.RunEnd);
        Assert.IsTrue(wait.CheckReap(ReapWait.Longest + TimeSpan.FromMilliseconds(1)));
        Assert.AreEqual(isReaped ? RunEnd.UnknownToRuntime : RunEnd.None, handle.RunEnd);
        Assert.AreEqual(isReaped, pidFd.IsClosed);

        handle.CloseWhenUnused();
        child.Kill();
    }
}
