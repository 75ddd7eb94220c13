using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>How processes of other parents ended.</summary>
[TestClass]
public sealed class NonChildStatusTests
{
    private static readonly ProcessHandleRegistry s_registry = ProcessHandleRegistry.Default;

    [TestMethod]
    public async Task AWait_ThatTheRuntimeServed_ReadsTheStatusThroughThePidFd()
    {
        ReapedStatus.Require();
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        kernel.OnEpollAdd = static () => Errno.ENOSPC;
        Task<PidFdExitStatus> wait = registry.WaitForExitStatusAsync(process);
        nonChild.Signal();
        PidFdExitStatus status = await wait.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.AreEqual("killed by SIGKILL", status.ToString());
    }

    [TestMethod]
    public async Task AStatus_ThatWasReadFromAZombie_IsKeptAfterTheReap()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using ProcessHandleRegistry registry = TestRegistry.On(new HookedKernel().WithoutInfo().Platform);
        using Process process = registry.Open(nonChild.Id);
        Task<PidFdExitStatus> wait = registry.WaitForExitStatusAsync(process);
        nonChild.KillAndWaitUntilZombie();
        Assert.AreEqual(Signum.SIGKILL, (await wait).Signal);
        nonChild.Dispose();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(nonChild.Id) is null, "the zombie is reaped");
        PidFdExitStatus later = registry.WaitForExitStatus(process);
        Assert.AreEqual(Signum.SIGKILL, later.Signal);
        Assert.AreEqual(ExitStatusSource.ProcStat, later.Source);
    }

    [TestMethod]
    public void AZombieThatIsAskedOften_CostsOneLookAtATime()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = registry.Open(nonChild.Id);
        nonChild.KillAndWaitUntilZombie();
        for (int i = 0; i < 1000; i++)
        {
            Assert.IsTrue(registry.TryWaitForExitStatus(process, TimeSpan.Zero, out _));
        }

        // The event loop looks every 50 ms now whether the parent has reaped the process.
        Thread.Sleep(1000);
        kernel.Calls.Clear();
        Stopwatch watch = Stopwatch.StartNew();
        Thread.Sleep(500);
        int calls = kernel.Calls.Count;
        Assert.IsLessThan(watch.ElapsedMilliseconds / 10, calls);
    }

    [TestMethod]
    public async Task AWait_WhenTheParentReapsAtOnce_HasTheExitCode()
    {
        ReapedStatus.Require();
        for (int i = 0; i < 20; i++)
        {
            using Fifo fifo = new();
            using NonChildProcess nonChild = NonChildProcess.StartReaped($"{fifo.Wait}; exit {i}");
            using Process process = s_registry.Open(nonChild.Id);
            Task<PidFdExitStatus> wait = process.WaitForExitStatusPidFdAsync();
            fifo.Open();
            PidFdExitStatus status = await wait.WaitAsync(TimeSpan.FromSeconds(60));
            Assert.AreEqual(i, status.ExitCode);
            Assert.IsTrue(status.Source is ExitStatusSource.PidFdInfo or ExitStatusSource.ProcStat, status.Source.ToString());
        }
    }

    [TestMethod]
    public void AStatus_OfAProcessReapedBeforeItsAttachment_IsUnknown()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        AssertUnknown(process.WaitForExitStatusPidFd());
        Assert.IsTrue(process.TryWaitForExitStatusPidFd(TimeSpan.Zero, out PidFdExitStatus? status));
        AssertUnknown(status);
    }

    [TestMethod]
    public void AStatus_AfterTheReap_IsUnknownOnAnOlderKernel()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using ProcessHandleRegistry registry = TestRegistry.On(new HookedKernel().WithoutInfo().Platform);
        using Process process = registry.Open(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        AssertUnknown(registry.WaitForExitStatus(process));
    }

    [TestMethod]
    public async Task AStatus_AfterTheReap_IsUnknownOnTheStockRoute()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process process = registry.Open(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        AssertUnknown(await registry.WaitForExitStatusAsync(process).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>The runtime takes the lock of the object before it raises Exited. A stock wait on this thread would raise it here.</summary>
    [TestMethod]
    public void AStatus_OnTheStockRoute_WithEventsOn_EndsWithTheExit_AndRaisesNothingOnTheWaitingThread()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        bool isRaisedHere = false;
        Thread waiting = Thread.CurrentThread;
        process.Exited += (_, _) => isRaisedHere |= Thread.CurrentThread == waiting;
        process.EnableRaisingEvents = true;
        Assert.IsFalse(registry.TryWaitForExitStatus(process, TimeSpan.FromMilliseconds(20), out _));
        lock (process)
        {
            nonChild.KillAndWaitUntilReaped();
            AssertUnknown(registry.WaitForExitStatus(process));
            Assert.IsFalse(isRaisedHere);
        }
    }

    private static void AssertUnknown(PidFdExitStatus status)
    {
        Assert.AreEqual(ExitStatusSource.Unknown, status.Source);
        Assert.IsNull(status.ExitCode);
        Assert.IsNull(status.Signal);
        Assert.IsNull(status.ResourceUsage);
        Assert.IsFalse(status.CoreDumped);
        Assert.AreEqual("exited, status unknown", status.ToString());
    }
}
