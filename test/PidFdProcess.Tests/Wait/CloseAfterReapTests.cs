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
    public void AStatusThatIsKnownAfterTheReapAlone_IsReadBeforeThePidFdIsClosed()
    {
        HookedKernel kernel = new();
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = registry.Open(nonChild.Id);
        ProcessHandle handle = registry.Attach(process).Handle!;
        Assert.IsTrue(handle.TryAddRef());
        CloseAfterReap wait = new(handle);
        nonChild.Signal();
        nonChild.Dispose();
        TestProcesses.WaitUntil(handle.IsReaped, "the process has been reaped");
        Assert.IsNull(handle.Exit);

        Assert.IsTrue(wait.CheckReap(TimeSpan.Zero));
        Assert.AreEqual(RunEnd.KnownToRuntime, handle.RunEnd);
        if (handle.Exit is null)
        {
            Assert.Inconclusive("The status of a reaped process takes Linux 6.15.");
        }
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

    /// <summary>A thread with a pending interrupt throws when it asks for the runtime's event, even if it does not wait.</summary>
    [TestMethod]
    public void AnInterrupt_DuringTheLook_LeavesNoReference()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        ProcessHandle handle = registry.Attach(child).Handle!;
        child.Kill();
        child.WaitForExit();
        Thread.CurrentThread.Interrupt();
        Assert.Throws<ThreadInterruptedException>(() => CloseAfterReap.Begin(handle));
        Assert.IsTrue(registry.Detach(child));
        Assert.IsTrue(handle.PidFd.IsClosed);
    }

    /// <summary>On a busy machine the thread that looks for the reap gets the processor late each time.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStatus_LooksForTheReapNoMore_IfALookTakesLong(bool blocking)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        child.Kill();
        child.WaitForExit();
        int caller = Environment.CurrentManagedThreadId;
        int looks = 0;
        kernel.OnSignal = (_, signal) =>
        {
            if (signal == 0 && Environment.CurrentManagedThreadId == caller)
            {
                looks++;
                Thread.Sleep(2);
            }

            return signal == 0 ? 0 : null;
        };
        PidFdExitStatus status = blocking ? registry.WaitForExitStatus(child) : await registry.WaitForExitStatusAsync(child);
        Assert.AreEqual(137, status.ExitCode);

        // The poll, the first look for the reap and the attempt to close take one each. A status that the runtime alone knows takes another.
        Assert.IsLessThanOrEqualTo(4, looks);
        kernel.OnSignal = null;
    }
}
