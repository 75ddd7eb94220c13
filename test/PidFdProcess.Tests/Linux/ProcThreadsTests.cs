using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

/// <summary>Finds out whether every thread of a process has stopped.</summary>
[TestClass]
public sealed class ProcThreadsTests : IDisposable
{
    private readonly NativeChild _child = NativeChild.StartShell("exec sleep 1000");
    private readonly HookedKernel _kernel = new();

    // A process of one thread need not be looked at thread by thread.
    private bool HaveStopped =>
        ProcThreads.ReadProgress(_kernel, _child.Id, new ProcStat('T', 0, Threads: 2, 0, null), []) == StopProgress.Stopped;

    public void Dispose() => _child.Dispose();

    [TestMethod]
    public void AProcess_WhenEachThreadHasStopped_HasStopped()
    {
        Assert.IsFalse(HaveStopped);
        Stop();
        Assert.IsTrue(HaveStopped);
    }

    [TestMethod]
    public void AThreadThatBeganAfterTheListing_MayRun()
    {
        Stop();
        _kernel.ChangeStat = static stat => stat with { Threads = 2 };
        Assert.IsFalse(HaveStopped);
    }

    [TestMethod]
    [DataRow('t', false)]
    [DataRow('R', false)]
    [DataRow('Z', true)]
    public void AThreadThatATracerHasStopped_MayRunAgain_AndOneThatHasEndedMayNot(char state, bool haveStopped)
    {
        Stop();
        _kernel.ChangeStat = stat => stat with { State = state };
        Assert.AreEqual(haveStopped, HaveStopped);
    }

    [TestMethod]
    public void AThreadThatCannotBeRead_IsNotCounted()
    {
        Stop();
        int reads = 0;
        _kernel.OnReadStat = _ => reads++ == 0 ? Errno.ENOENT : null;
        Assert.IsFalse(HaveStopped);
    }

    [TestMethod]
    public void AProcessThatIsGone_HasNoRunningThread()
    {
        _kernel.OnReadStat = static _ => Errno.ENOENT;
        Assert.IsTrue(HaveStopped);
    }

    [TestMethod]
    [DataRow(Errno.ENOENT, true)]
    [DataRow(Errno.EIO, false)]
    internal void AProcessWhoseThreadsCannotBeListed_HasStoppedOnlyIfItIsGone(Errno error, bool haveStopped)
    {
        _kernel.OnListThreads = _ => error;
        Assert.AreEqual(haveStopped, HaveStopped);
    }

    private void Stop()
    {
        _child.Signal((int)Signum.SIGSTOP);
        _child.WaitForStopOrContinue();
    }
}
