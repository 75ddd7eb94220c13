using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>No call forgets the start time that was noted for a process without a pidfd, because nothing else tells it from a stranger.</summary>
[TestClass]
public sealed class ProvenRunTests : IDisposable
{
    private readonly ProcessWithoutPidFd _subject = new();

    private HookedKernel Kernel => _subject.Kernel;

    private AttachmentTable Runs => _subject.Runs;

    [TestMethod]
    [DataRow(Errno.EMFILE, DisplayName = "The probe may work later")]
    [DataRow(Errno.ENOSYS, DisplayName = "The probe has failed for good")]
    internal void AProof_OutlivesAFailedProbe(Errno error)
    {
        Kernel.OnEpollCreate = () => error;
        StockRun run = Runs.Attach(_subject.Object).WithoutPidFd!;
        Assert.AreEqual(0, run.StartTicks);
        run.Prove(TicksOf(_subject.NonChild.Id) - 1);
        Assert.AreEqual(run.StartTicks, Runs.Attach(_subject.Object).WithoutPidFd!.StartTicks);
        SignalCalls.Kill(Runs, _subject.Object, entireProcessTree: false);
        _subject.AssertLives();
    }

    [TestMethod]
    public void AProof_OutlivesAPidFdOpenThatTheKernelLacks()
    {
        long ticks = Runs.Attach(_subject.Object).WithoutPidFd!.StartTicks;
        Kernel.OnOpen = id => id == _subject.NonChild.Id ? Errno.EPERM : null;
        Assert.AreEqual(ticks, Runs.Attach(_subject.Object).WithoutPidFd!.StartTicks);
    }

    [TestMethod]
    public void AnotherRegistry_DoesNotTakeAStrangerForTheProcess()
    {
        Assert.AreNotEqual(0, Runs.Attach(_subject.Object).WithoutPidFd!.StartTicks);
        _subject.Recycle();
        Kernel.OpensHighNumbers = false;
        AttachmentTable other = new(Kernel.Platform, null);
        Assert.AreEqual(StockCause.Exited, other.Attach(_subject.Object).Cause);
        SignalCalls.Kill(other, _subject.Object, entireProcessTree: false);
        _subject.AssertLives();
    }

    [TestMethod]
    public void AnotherRegistry_OpensTheProcess_IfItStillHasThePid()
    {
        Assert.AreNotEqual(0, Runs.Attach(_subject.Object).WithoutPidFd!.StartTicks);
        Kernel.OpensHighNumbers = false;
        AttachmentTable other = new(Kernel.Platform, null);
        SignalCalls.Kill(other, _subject.Object, entireProcessTree: false);
        _subject.NonChild.WaitUntilReaped();
        Assert.AreEqual(ProcessRoute.PidFd, other.FindCurrent(_subject.Object)!.Route);
    }

    [TestMethod]
    public void AProcessThatHadExitedInOneRegistry_IsNotOpenedByAnother()
    {
        Kernel.OnOpen = id => id == _subject.NonChild.Id ? Errno.ESRCH : null;
        Assert.AreEqual(StockCause.Exited, Runs.Attach(_subject.Object).Cause);
        Kernel.OnOpen = null;
        AttachmentTable other = new(Kernel.Platform, null);
        Assert.AreEqual(StockCause.Exited, other.Attach(_subject.Object).Cause);
    }

    [TestMethod]
    [DataRow(SignalNumbers.SigKill)]
    [DataRow(SignalNumbers.SigTerm)]
    internal void ASignal_GoesThroughAPidFd_EvenIfThatMayNotBeKept(int signal)
    {
        int calls = 0;
        Kernel.OnKill = (_, _) => calls++ < 0 ? null : Errno.EPERM;
        Assert.AreNotEqual(0, Runs.Attach(_subject.Object).WithoutPidFd!.StartTicks);
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        Assert.IsTrue(RunSignal.Send(run, signal));
        _subject.NonChild.WaitUntilReaped();
        CollectionAssert.Contains(Kernel.Calls, $"signal {signal}");
    }

    [TestMethod]
    public void ATreeStop_WhoseRootLosesItsPidAfterTheLastLook_SparesTheStranger()
    {
        using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
        bool isRoot = false;
        int looks = 0;
        Kernel.OnReadStat = id =>
        {
            isRoot = id == _subject.NonChild.Id;
            looks += isRoot ? 1 : 0;
            return null;
        };
        Kernel.ChangeStat = stat => isRoot && looks > 1 ? stat with { StartTicks = stat.StartTicks + 1 } : stat;
        try
        {
            TreeCalls.Stop(run, ProcessWithoutPidFd.Plan, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The process of the object has not exited, because it is no stranger in truth.
        }

        Assert.IsGreaterThan(1, looks);
        _subject.AssertLives();
    }

    public void Dispose() => _subject.Dispose();

    private static long TicksOf(int processId) =>
        LinuxKernel.Instance.ReadProcStat(processId, out ProcStat stat) == 0 ? stat.StartTicks : throw new InvalidOperationException("no stat");
}
