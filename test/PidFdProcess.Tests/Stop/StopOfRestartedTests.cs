using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Stop;

/// <summary>A stop means the run that it began with, even if the Process object is closed or restarted during the stop.</summary>
[TestClass]
public sealed class StopOfRestartedTests
{
    private const string KilledForThis = "killed by SIGKILL (canceled)";

    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AStop_OfAnObjectThatIsRestarted_KillsTheOldRunAlone(bool entireProcessTree)
    {
        using Process process = ReadyShell.Start(ReadyShell.Ignores);
        int old = process.Id;
        Task<PidFdExitStatus> stop = process.StopViaPidFdAsync(s_grace, entireProcessTree: entireProcessTree);
        Restart(process);
        Assert.AreEqual(KilledForThis, (await stop.WaitAsync(s_limit)).ToString());
        AssertIsGone(old);
        AssertLives(process);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AStop_OfAnObjectThatIsDisposed_KillsItsProcess(bool entireProcessTree)
    {
        Process process = ReadyShell.Start(ReadyShell.Ignores);
        int old = process.Id;
        Task<PidFdExitStatus> stop = process.StopViaPidFdAsync(s_grace, entireProcessTree: entireProcessTree);
        process.Dispose();
        Assert.AreEqual(KilledForThis, (await stop.WaitAsync(s_limit)).ToString());
        AssertIsGone(old);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ACancelledWaitOrKill_KillsTheRunThatItWaitedFor(bool restart)
    {
        using ProcessHandleRegistry registry = new();
        using Process process = TestProcesses.StartSleeper();
        int old = process.Id;
        using CancellationTokenSource source = new();
        Task<PidFdExitStatus> wait = registry.WaitForExitOrKillAsync(process, source.Token);
        if (restart)
        {
            Restart(process);
        }
        else
        {
            process.Dispose();
            registry.Detach(process);
        }

        await source.CancelAsync();
        Assert.AreEqual(KilledForThis, (await wait.WaitAsync(s_limit)).ToString());
        AssertIsGone(old);
        if (restart)
        {
            AssertLives(process);
        }
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task WithoutWatchesOrProc_AStopStillMeansTheOldRun(bool entireProcessTree, bool restart)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        kernel.OnEpollAdd = () => Errno.ENOSPC;
        kernel.OnReadStat = _ => Errno.ENOENT;
        using Process process = ReadyShell.Start(ReadyShell.Ignores);
        int old = process.Id;
        Task<PidFdExitStatus> stop = registry.StopAsync(process, s_grace, entireProcessTree: entireProcessTree);
        if (restart)
        {
            Restart(process);
        }
        else
        {
            process.Dispose();
        }

        Assert.AreEqual(KilledForThis, (await stop.WaitAsync(s_limit)).ToString());
        AssertIsGone(old);
        if (restart)
        {
            AssertLives(process);
        }
    }

    [TestMethod]
    public void ABlockingWaitOrKill_OfAnObjectThatIsRestarted_KillsTheOldRunAlone()
    {
        using ProcessHandleRegistry registry = new();
        using Process process = TestProcesses.StartSleeper();
        int old = process.Id;
        Task<PidFdExitStatus> wait = PollingThread.Start(() => registry.WaitForExitOrKill(process, TimeSpan.FromSeconds(1)));
        Restart(process);
        Assert.IsTrue(wait.Wait(s_limit));
        Assert.AreEqual(KilledForThis, wait.Result.ToString());
        AssertIsGone(old);
        AssertLives(process);
    }

    [TestMethod]
    public async Task AStop_OfAnObjectThatIsDetached_LeavesNoPidFdOpen()
    {
        using ProcessHandleRegistry registry = new();
        using MarkedTree tree = new("trap '' TERM; sleep 1000 & echo ready; wait");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        int before = ResourceCounts.PidFdBaseline();
        registry.Attach(tree.Root);
        Task<PidFdExitStatus> stop = registry.StopAsync(tree.Root, s_grace, entireProcessTree: true);
        registry.Detach(tree.Root);
        await stop.WaitAsync(s_limit);
        ResourceCounts.WaitForPidFds(before);
    }

    private static void Restart(Process process)
    {
        process.Close();
        process.StartInfo = new ProcessStartInfo("/bin/sleep", "1000");
        Assert.IsTrue(process.Start());
    }

    private static void AssertIsGone(int old) =>
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(old) is null or 'Z', "the old run has ended");

    private static void AssertLives(Process process)
    {
        Assert.IsFalse(process.HasExited);
        process.Kill();
        process.WaitForExit();
    }
}
