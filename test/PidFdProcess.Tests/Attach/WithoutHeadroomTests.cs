using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>
/// The pidfd of a process gets one of the last numbers, so it is closed and the start time names the process. Then a stranger gets the PID.
/// </summary>
[TestClass]
public sealed class WithoutHeadroomTests : IDisposable
{
    private readonly ProcessWithoutPidFd _subject = new();

    private HookedKernel Kernel => _subject.Kernel;

    private AttachmentTable Runs => _subject.Runs;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_AfterThePidWasRecycled_SparesTheStranger(bool entireProcessTree)
    {
        _subject.Attach();
        _subject.Recycle();
        SignalCalls.Kill(Runs, _subject.Object, entireProcessTree);
        _subject.AssertLives();
    }

    [TestMethod]
    public void ATreeKillOfTheRuntime_AfterThePidWasRecycled_SparesTheStranger()
    {
        _subject.Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        _subject.Recycle();
        TreeCalls.Kill(run);
        _subject.AssertLives();
        Assert.ThrowsExactly<TimeoutException>(() => GracefulStop.StopProcess(
            run, ProcessWithoutPidFd.Plan, CancellationToken.None, killsTreeByRuntime: true));
        _subject.AssertLives();
    }

    [TestMethod]
    public void ATreeKillOfTheRuntime_KillsTheProcess()
    {
        _subject.Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        TreeCalls.Kill(run);
        _subject.NonChild.WaitUntilReaped();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_WhenTheStartTimeCannotBeRead_ThrowsAndKillsNoProcess(bool entireProcessTree)
    {
        _subject.Attach();
        Kernel.OnReadStat = static _ => Errno.EMFILE;
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(Runs, _subject.Object, entireProcessTree));
        StringAssert.StartsWith(e.Message, $"/proc/{_subject.NonChild.Id}/stat: EMFILE");
        _subject.AssertLives();
    }

    [TestMethod]
    public void AReapDuringTheReadOfTheStartTime_SaysThatTheProcessIsGone()
    {
        _subject.Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        Kernel.OnReadStat = _ => Errno.ESRCH;
        Assert.IsTrue(run.HasLostId());
    }

    [TestMethod]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.EACCES)]
    internal void AnAbsentStartTime_SaysThatTheProcessIsGone_OnlyIfThePidIsFree(Errno error)
    {
        StockRun run = _subject.Attach();
        Kernel.OnReadStat = _ => error;
        Assert.AreEqual(error, run.Compare(Kernel, out bool isLost));
        Assert.IsFalse(isLost);
        _subject.NonChild.KillAndWaitUntilReaped();
        Assert.AreEqual((Errno)0, run.Compare(Kernel, out isLost));
        Assert.IsTrue(isLost);
    }

    [TestMethod]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.EACCES)]
    internal void AProcessThatIsHiddenNow_HasNotExited_AndIsNotSignalled(Errno error)
    {
        // Another process may have the PID.
        _subject.Attach();
        Kernel.OnReadStat = _ => error;
        Assert.IsFalse(WaitCalls.HasExited(Runs, _subject.Object));
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(Runs, _subject.Object, entireProcessTree: false));
        StringAssert.StartsWith(e.Message, $"/proc/{_subject.NonChild.Id}/stat: {error}");
        _subject.AssertLives();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AStartedChildThatIsHiddenNow_HasNotExited_AndIsKilled(bool isShort)
    {
        using Process child = TestProcesses.StartSleeper();
        Assert.AreNotEqual(0, Runs.Attach(child).WithoutPidFd!.StartTicks);
        Kernel.OnReadStat = id => id == child.Id ? Errno.ENOENT : null;
        Kernel.OpensHighNumbers = isShort;
        try
        {
            Assert.AreEqual(isShort ? ProcessRoute.Stock : ProcessRoute.PidFd, Runs.Attach(child).Route);
            Assert.IsFalse(WaitCalls.HasExited(Runs, child));
            SignalCalls.Kill(Runs, child, entireProcessTree: false);
            TestProcesses.WaitUntil(() => child.HasExited, "the child is dead");
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [TestMethod]
    [DataRow(Errno.ESRCH)]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOENT)]
    internal void ASignal_WhenThePidFdSaysThatTheProcessIsGone_ReachesNoProcess(Errno error)
    {
        // Another process may get the PID at once.
        _subject.Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        Kernel.OnOpen = _ => error;
        Assert.IsFalse(RunSignal.Send(run, SignalNumbers.SigKill));
        _subject.AssertLives();
        Assert.IsFalse(RunSignal.Send(run, SignalNumbers.SigTerm));
        _subject.AssertLives();
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.EACCES)]
    [DataRow(Errno.ENOENT)]
    internal void ASignalToAReapedChild_WhoseStartTimeCannotBeRead_ReachesNoStranger(Errno error)
    {
        RecycledPid.Require();
        using Process child = TestProcesses.StartSleeper();
        Assert.AreNotEqual(0, Runs.Attach(child).WithoutPidFd!.StartTicks);
        using PinnedRun run = PinnedRun.Of(Runs, child);
        int id = child.Id;
        child.Kill();
        child.WaitForExit();
        using Process stranger = RecycledPid.Start(id, EchoProcess.Start);
        Kernel.OnReadStat = _ => error;
        Assert.IsFalse(RunSignal.Send(run, SignalNumbers.SigTerm));
        Assert.IsTrue(EchoProcess.Answers(stranger));
        stranger.Kill();
        stranger.WaitForExit();
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.EACCES)]
    internal void APidFdThatGetsALowNumber_IsNotKept_IfTheStartTimeCannotBeRead(Errno error)
    {
        _subject.Attach();
        _subject.Recycle();
        Kernel.OpensHighNumbers = false;
        Kernel.OnReadStat = _ => error;
        Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(Runs, _subject.Object, entireProcessTree: false));
        Assert.AreEqual(ProcessRoute.Stock, Runs.Attach(_subject.Object).Route);
        StringAssert.Contains(Runs.Attach(_subject.Object).Reason, $"/proc/{_subject.NonChild.Id}/stat: {error}");
        _subject.AssertLives();
    }

    [TestMethod]
    public void AProcess_WhoseStartTimeCannotBeRead_KeepsItsPidFd()
    {
        Kernel.OnReadStat = static _ => Errno.EMFILE;
        Assert.AreEqual(ProcessRoute.PidFd, Runs.Attach(_subject.Object).Route);
        SignalCalls.Kill(Runs, _subject.Object, entireProcessTree: false);
        _subject.NonChild.WaitUntilReaped();
    }

    public void Dispose() => _subject.Dispose();
}
