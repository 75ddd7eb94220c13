using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>No call forgets the start time that was noted for a process without a pidfd, because nothing else tells it from a stranger.</summary>
[TestClass]
public sealed class ProvenRunTests : IDisposable
{
    private static readonly StopPlan s_plan = new([], ProcessStopScope.EntireTree, KillMilliseconds: 10);

    private readonly HookedKernel _kernel = new() { OpensHighNumbers = true };
    private readonly AttachmentTable _runs;
    private readonly NonChildProcess _nonChild = NonChildProcess.StartReaped();
    private readonly Process _process;

    public ProvenRunTests()
    {
        _runs = new AttachmentTable(_kernel.Platform, null);
        _process = Process.GetProcessById(_nonChild.Id);
        _nonChild.WaitUntilSleeper();
        TestProcesses.WaitUntilAsleep(_nonChild.Id);
    }

    [TestMethod]
    [DataRow(Errno.EMFILE, DisplayName = "The probe may work later")]
    [DataRow(Errno.ENOSYS, DisplayName = "The probe has failed for good")]
    internal void AProof_OutlivesAFailedProbe(Errno error)
    {
        _kernel.OnEpollCreate = () => error;
        StockRun run = _runs.Attach(_process).WithoutPidFd!;
        Assert.AreEqual(0, run.StartTicks);
        run.Prove(TicksOf(_nonChild.Id) - 1);
        Assert.AreEqual(run.StartTicks, _runs.Attach(_process).WithoutPidFd!.StartTicks);
        SignalCalls.Kill(_runs, _process, entireProcessTree: false);
        AssertLives();
    }

    [TestMethod]
    public void AProof_OutlivesAPidFdOpenThatTheKernelLacks()
    {
        long ticks = _runs.Attach(_process).WithoutPidFd!.StartTicks;
        _kernel.OnOpen = id => id == _nonChild.Id ? Errno.EPERM : null;
        Assert.AreEqual(ticks, _runs.Attach(_process).WithoutPidFd!.StartTicks);
    }

    [TestMethod]
    public void AnotherRegistry_DoesNotTakeAStrangerForTheProcess()
    {
        Assert.AreNotEqual(0, _runs.Attach(_process).WithoutPidFd!.StartTicks);
        _kernel.ChangeStat = static stat => stat with { StartTicks = stat.StartTicks + 1 };
        _kernel.OpensHighNumbers = false;
        AttachmentTable other = new(_kernel.Platform, null);
        Assert.AreEqual(StockCause.Exited, other.Attach(_process).Cause);
        SignalCalls.Kill(other, _process, entireProcessTree: false);
        AssertLives();
    }

    [TestMethod]
    public void AnotherRegistry_OpensTheProcess_IfItStillHasThePid()
    {
        Assert.AreNotEqual(0, _runs.Attach(_process).WithoutPidFd!.StartTicks);
        _kernel.OpensHighNumbers = false;
        AttachmentTable other = new(_kernel.Platform, null);
        SignalCalls.Kill(other, _process, entireProcessTree: false);
        _nonChild.WaitUntilReaped();
        Assert.AreEqual(ProcessRoute.PidFd, other.FindCurrent(_process)!.Route);
    }

    [TestMethod]
    public void AProcessThatHadExitedInOneRegistry_IsNotOpenedByAnother()
    {
        _kernel.OnOpen = id => id == _nonChild.Id ? Errno.ESRCH : null;
        Assert.AreEqual(StockCause.Exited, _runs.Attach(_process).Cause);
        _kernel.OnOpen = null;
        AttachmentTable other = new(_kernel.Platform, null);
        Assert.AreEqual(StockCause.Exited, other.Attach(_process).Cause);
    }

    [TestMethod]
    [DataRow(SignalNumbers.SigKill)]
    [DataRow(SignalNumbers.SigTerm)]
    internal void ASignal_GoesThroughAPidFd_EvenIfThatMayNotBeKept(int signal)
    {
        int calls = 0;
        _kernel.OnKill = (_, _) => calls++ < 0 ? null : Errno.EPERM;
        Assert.AreNotEqual(0, _runs.Attach(_process).WithoutPidFd!.StartTicks);
        using PinnedRun run = PinnedRun.Of(_runs, _process);
        Assert.IsTrue(RunSignal.Send(run, signal));
        _nonChild.WaitUntilReaped();
        CollectionAssert.Contains(_kernel.Calls, $"signal {signal}");
    }

    [TestMethod]
    public void ATreeStop_WhoseRootLosesItsPidAfterTheLastLook_SparesTheStranger()
    {
        using PinnedRun run = PinnedRun.Of(_runs, _process);
        bool isRoot = false;
        int looks = 0;
        _kernel.OnReadStat = id =>
        {
            isRoot = id == _nonChild.Id;
            looks += isRoot ? 1 : 0;
            return null;
        };
        _kernel.ChangeStat = stat => isRoot && looks > 1 ? stat with { StartTicks = stat.StartTicks + 1 } : stat;
        try
        {
            TreeCalls.Stop(run, s_plan, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The process of the object has not exited, because it is no stranger in truth.
        }

        Assert.IsGreaterThan(1, looks);
        AssertLives();
    }

    public void Dispose()
    {
        _process.Dispose();
        _nonChild.Dispose();
    }

    private static long TicksOf(int processId) =>
        LinuxKernel.Instance.ReadProcStat(processId, out ProcStat stat) == 0 ? stat.StartTicks : throw new InvalidOperationException("no stat");

    private void AssertLives()
    {
        // SIGKILL wakes the process before the kill returns, so that it would not be asleep.
        TestProcesses.WaitUntilAsleep(_nonChild.Id);
    }
}
