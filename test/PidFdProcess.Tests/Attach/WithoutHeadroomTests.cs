using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>
/// The pidfd of a process gets one of the last numbers, so it is closed and the start time names the process. Then a stranger gets the PID.
/// </summary>
[TestClass]
public sealed class WithoutHeadroomTests : IDisposable
{
    private static readonly StopPlan s_plan = new([], ProcessStopScope.EntireTree, KillMilliseconds: 10);

    private readonly HookedKernel _kernel = new() { OpensHighNumbers = true };
    private readonly AttachmentTable _runs;
    private readonly NonChildProcess _nonChild = NonChildProcess.StartReaped();
    private readonly Process _process;

    public WithoutHeadroomTests()
    {
        _runs = new AttachmentTable(_kernel.Platform, null);
        _process = Process.GetProcessById(_nonChild.Id);
        _nonChild.WaitUntilSleeper();
        TestProcesses.WaitUntilAsleep(_nonChild.Id);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_AfterThePidWasRecycled_SparesTheStranger(bool entireProcessTree)
    {
        Attach();
        Recycle();
        SignalCalls.Kill(_runs, _process, entireProcessTree);
        AssertLives();
    }

    [TestMethod]
    public void ATreeKillOfTheRuntime_AfterThePidWasRecycled_SparesTheStranger()
    {
        Attach();
        using PinnedRun run = PinnedRun.Of(_runs, _process);
        Recycle();
        TreeCalls.Kill(run);
        AssertLives();
        Assert.ThrowsExactly<TimeoutException>(() => GracefulStop.StopProcess(run, s_plan, killsTreeByRuntime: true));
        AssertLives();
    }

    [TestMethod]
    public void ATreeKillOfTheRuntime_KillsTheProcess()
    {
        Attach();
        using PinnedRun run = PinnedRun.Of(_runs, _process);
        TreeCalls.Kill(run);
        _nonChild.WaitUntilReaped();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_WhenTheStartTimeCannotBeRead_ThrowsAndKillsNoProcess(bool entireProcessTree)
    {
        Attach();
        _kernel.OnReadStat = static _ => Errno.EMFILE;
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(_runs, _process, entireProcessTree));
        StringAssert.StartsWith(e.Message, $"/proc/{_nonChild.Id}/stat: EMFILE");
        AssertLives();
    }

    [TestMethod]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.ESRCH)]
    internal void AnErrnoOfTheStartTime_SaysThatTheProcessIsGone(Errno error)
    {
        Attach();
        using PinnedRun run = PinnedRun.Of(_runs, _process);
        _kernel.OnReadStat = _ => error;
        Assert.IsTrue(run.HasLostId());
    }

    [TestMethod]
    public void AProcessThatIsHiddenNow_HasNotExited_AndIsNotSignalled()
    {
        // Another process may have the PID.
        Attach();
        _kernel.OnReadStat = static _ => Errno.EACCES;
        Assert.IsFalse(WaitCalls.HasExited(_runs, _process));
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(_runs, _process, entireProcessTree: false));
        StringAssert.StartsWith(e.Message, $"/proc/{_nonChild.Id}/stat: EACCES");
        AssertLives();
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.EACCES)]
    internal void APidFdThatGetsALowNumber_IsNotKept_IfTheStartTimeCannotBeRead(Errno error)
    {
        Attach();
        Recycle();
        _kernel.OpensHighNumbers = false;
        _kernel.OnReadStat = _ => error;
        Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(_runs, _process, entireProcessTree: false));
        Assert.AreEqual(ProcessRoute.Stock, _runs.Attach(_process).Route);
        StringAssert.Contains(_runs.Attach(_process).Reason, $"/proc/{_nonChild.Id}/stat: {error}");
        AssertLives();
    }

    [TestMethod]
    public void AProcess_WhoseStartTimeCannotBeRead_KeepsItsPidFd()
    {
        _kernel.OnReadStat = static _ => Errno.EMFILE;
        Assert.AreEqual(ProcessRoute.PidFd, _runs.Attach(_process).Route);
        SignalCalls.Kill(_runs, _process, entireProcessTree: false);
        _nonChild.WaitUntilReaped();
    }

    public void Dispose()
    {
        _process.Dispose();
        _nonChild.Dispose();
    }

    private void Attach()
    {
        ProcessAttachment attachment = _runs.Attach(_process);
        Assert.AreEqual(StockCause.Resource, attachment.Cause, attachment.Reason);
        Assert.AreNotEqual(0, attachment.WithoutPidFd!.StartTicks);
    }

    /// <summary>Lets the process be a stranger, because it has started later.</summary>
    private void Recycle() => _kernel.ChangeStat = static stat => stat with { StartTicks = stat.StartTicks + 1 };

    private void AssertLives()
    {
        // SIGKILL wakes the process before the kill returns, so that it would not be asleep.
        TestProcesses.WaitUntilAsleep(_nonChild.Id);
    }
}
