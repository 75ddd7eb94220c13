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
        Attach();
        _subject.Recycle();
        SignalCalls.Kill(Runs, _subject.Object, entireProcessTree);
        _subject.AssertLives();
    }

    [TestMethod]
    public void ATreeKillOfTheRuntime_AfterThePidWasRecycled_SparesTheStranger()
    {
        Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        _subject.Recycle();
        TreeCalls.Kill(run);
        _subject.AssertLives();
        Assert.ThrowsExactly<TimeoutException>(() => GracefulStop.StopProcess(run, ProcessWithoutPidFd.Plan, killsTreeByRuntime: true));
        _subject.AssertLives();
    }

    [TestMethod]
    public void ATreeKillOfTheRuntime_KillsTheProcess()
    {
        Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        TreeCalls.Kill(run);
        _subject.NonChild.WaitUntilReaped();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_WhenTheStartTimeCannotBeRead_ThrowsAndKillsNoProcess(bool entireProcessTree)
    {
        Attach();
        Kernel.OnReadStat = static _ => Errno.EMFILE;
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => SignalCalls.Kill(Runs, _subject.Object, entireProcessTree));
        StringAssert.StartsWith(e.Message, $"/proc/{_subject.NonChild.Id}/stat: EMFILE");
        _subject.AssertLives();
    }

    [TestMethod]
    public void AReapDuringTheReadOfTheStartTime_SaysThatTheProcessIsGone()
    {
        Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        Kernel.OnReadStat = _ => Errno.ESRCH;
        Assert.IsTrue(run.HasLostId());
    }

    [TestMethod]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.EACCES)]
    internal void AnAbsentStartTime_SaysThatTheProcessIsGone_OnlyIfThePidIsFree(Errno error)
    {
        StockRun run = Attach();
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
        Attach();
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
        Attach();
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        Kernel.OnOpen = _ => error;
        Assert.IsFalse(RunSignal.Send(run, SignalNumbers.SigKill));
        _subject.AssertLives();
        Assert.IsFalse(RunSignal.Send(run, SignalNumbers.SigTerm));
        _subject.AssertLives();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWaitForTheStatus_WhoseObjectIsClosed_EndsWithTheExit(bool isShort)
    {
        Attach();
        _subject.Object.EnableRaisingEvents = true;
        Task<PidFdExitStatus> wait = BeginBlocking(() => WaitCalls.WaitForStatus(Runs, _subject.Object));
        if (isShort)
        {
            int reads = 0;
            Kernel.OnReadStat = _ => ++reads == 1 ? Errno.EMFILE : null;
        }

        _subject.Object.Dispose();
        _subject.NonChild.KillAndWaitUntilReaped();
        Assert.AreEqual(PidFdExitStatus.Unknown, await wait.WaitAsync(Waiting.Limit));
    }

    [TestMethod]
    public async Task AStop_WhoseObjectIsClosed_KillsTheProcess()
    {
        Attach();
        _subject.Object.EnableRaisingEvents = true;
        StopPlan plan = new([new TreeStopStep(0, 500)], ProcessStopScope.Process, KillMilliseconds: 60_000);
        Task<PidFdExitStatus> stop = BeginBlocking(() =>
        {
            using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
            return GracefulStop.Stop(run, plan);
        });
        _subject.Object.Dispose();
        _subject.NonChild.WaitUntilReaped();
        Assert.IsTrue((await stop.WaitAsync(Waiting.Limit)).Canceled);
    }

    [TestMethod]
    public async Task AWait_WhoseObjectIsClosed_AndWhoseStartTimeIsHidden_Throws()
    {
        Attach();
        _subject.Object.EnableRaisingEvents = true;
        Task<PidFdExitStatus> wait = BeginBlocking(() => WaitCalls.WaitForStatus(Runs, _subject.Object));
        Kernel.OnReadStat = static _ => Errno.EACCES;
        _subject.Object.Dispose();
        Win32Exception e = await Assert.ThrowsExactlyAsync<Win32Exception>(() => wait.WaitAsync(Waiting.Limit));
        StringAssert.StartsWith(e.Message, $"/proc/{_subject.NonChild.Id}/stat: EACCES");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWaitForTheStatus_WithoutAStartTime_WhoseObjectIsClosed_Throws(bool isChild)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process process = isChild ? TestProcesses.StartSleeper() : Process.GetProcessById(_subject.NonChild.Id);
        using Process child = isChild ? Process.GetProcessById(process.Id) : new Process();
        process.EnableRaisingEvents = true;
        if (isChild)
        {
            // The runtime has closed the event of the reap then, so that the wait has to look.
            process.SafeHandle.Dispose();
        }

        Task<PidFdExitStatus> wait = BeginBlocking(() => registry.WaitForExitStatus(process));
        process.Dispose();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => wait.WaitAsync(Waiting.Limit));
        if (isChild)
        {
            child.Kill();
        }
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.EACCES)]
    internal void APidFdThatGetsALowNumber_IsNotKept_IfTheStartTimeCannotBeRead(Errno error)
    {
        Attach();
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

    /// <summary>Begins a wait, and returns when it sleeps between two looks.</summary>
    private static Task<PidFdExitStatus> BeginBlocking(Func<PidFdExitStatus> wait)
    {
        Thread? thread = null;
        Task<PidFdExitStatus> task = Task.Factory.StartNew(
            () =>
            {
                Volatile.Write(ref thread, Thread.CurrentThread);
                return wait();
            },
            TaskCreationOptions.LongRunning);
        TestProcesses.WaitUntil(
            () => Volatile.Read(ref thread)?.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin) == true, "the wait sleeps");
        return task;
    }

    private StockRun Attach()
    {
        ProcessAttachment attachment = Runs.Attach(_subject.Object);
        Assert.AreEqual(StockCause.Resource, attachment.Cause, attachment.Reason);
        Assert.AreNotEqual(0, attachment.WithoutPidFd!.StartTicks);
        return attachment.WithoutPidFd;
    }
}
