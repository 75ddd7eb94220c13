using System.ComponentModel;
using PidFdProcess.Handles;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Stop;

/// <summary>Graceful stops of whole trees.</summary>
[TestClass]
public sealed class StopTreeTests
{
    private const string RootObeys = "(trap '' TERM; exec sleep 1000) & sleep 1000 & (trap '' TERM; sleep 1000 & wait) & ";

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task AStop_WhenDescendantsAloneIgnoreTheSignal_KillsThem_AndTheRootIsNotCanceled()
    {
        using MarkedTree tree = new(RootObeys + "wait");
        tree.WaitForCount(5);
        PidFdExitStatus status = await tree.Root.StopViaPidFdAsync(s_short, entireProcessTree: true).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGTERM", status.ToString());
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStop_RaisesExited_OnAThreadOfThePool(bool stock)
    {
        for (int i = 0; i < 20; i++)
        {
            using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
            using MarkedTree tree = new("exec sleep 1000");
            TaskCompletionSource<bool> isOfPool = new(TaskCreationOptions.RunContinuationsAsynchronously);
            tree.Root.EnableRaisingEvents = true;
            tree.Root.Exited += (_, _) => isOfPool.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
            await registry.StopAsync(tree.Root, s_long, entireProcessTree: true).WaitAsync(s_limit);
            Assert.IsTrue(await isOfPool.Task.WaitAsync(s_limit));
        }
    }

    [TestMethod]
    public async Task AStop_WhenTheRootIgnoresTheSignal_KillsTheTree_AndTheRootIsCanceled()
    {
        using MarkedTree tree = new("trap '' TERM; sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        PidFdExitStatus status = await tree.Root.StopViaPidFdAsync(s_short, entireProcessTree: true).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGKILL (canceled)", status.ToString());
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task AStop_OfATree_SignalsEachMember()
    {
        using MarkedTree tree = new(
            "f() { trap \"echo $1; exit 0\" TERM; echo r; while :; do sleep 0.01; done; }; trap 'wait; exit 6' TERM; f a & f b & (f c) & wait; wait");
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual("r", tree.Root.StandardOutput.ReadLine());
        }

        PidFdExitStatus status = await tree.Root.StopViaPidFdAsync(s_long, entireProcessTree: true).WaitAsync(s_limit);
        Assert.AreEqual("exited 6", status.ToString());
        string[] got = (await tree.Root.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        CollectionAssert.AreEquivalent(new List<string> { "a", "b", "c" }, got);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task AChildThatIsForkedAfterTheSignal_IsFound()
    {
        // The child of the trap is no member of the tree at the time of the signal.
        using MarkedTree tree = new("trap 'trap \"\" TERM; sleep 1000 & wait' TERM; echo ready; while :; do sleep 0.01; done");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        PidFdExitStatus status = await tree.Root.StopViaPidFdAsync(TimeSpan.FromMilliseconds(500), entireProcessTree: true).WaitAsync(s_limit);
        Assert.IsTrue(status.Canceled);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task AStop_WithoutWatches_AndWithAnInfiniteGracePeriod_Ends()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        kernel.OnEpollAdd = () => Errno.ENOSPC;
        using MarkedTree tree = new("sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        PidFdExitStatus status = await registry.StopAsync(tree.Root, Timeout.InfiniteTimeSpan, entireProcessTree: true).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGTERM", status.ToString());
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task AStop_WithoutPidFds_KillsTheTreeIfTheRootIgnoresTheSignal()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using MarkedTree tree = new("trap '' TERM; sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        PidFdExitStatus status = await registry.StopAsync(tree.Root, s_short, entireProcessTree: true).WaitAsync(s_limit);
        Assert.AreEqual("exited 137 or killed by SIGKILL (canceled)", status.ToString());
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task AStop_OfTheRootAlone_SparesTheDescendants()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; wait");
        int child = tree.ReadId();
        PidFdExitStatus status = await tree.Root.StopViaPidFdAsync(s_long).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGTERM", status.ToString());
        tree.AssertAlive(child);
    }

    [TestMethod]
    public async Task AStop_ThatHasEnded_LeavesNoPidFdAndNoWatch()
    {
        int before = ResourceCounts.PidFdBaseline();
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        using (MarkedTree tree = new(RootObeys + "wait"))
        {
            tree.WaitForCount(5);
            await tree.Root.StopViaPidFdAsync(s_short, entireProcessTree: true).WaitAsync(s_limit);
        }

        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count <= watches, "no process is watched");
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    public async Task APendingWaitForTheRoot_EndsWithTheStop()
    {
        using MarkedTree tree = new("trap '' TERM; sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        Task<PidFdExitStatus> wait = tree.Root.WaitForExitStatusPidFdAsync();
        await tree.Root.StopViaPidFdAsync(s_short, entireProcessTree: true).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGKILL", (await wait.WaitAsync(s_limit)).ToString());
    }

    [TestMethod]
    public async Task ARootThatMayNotBeSignalled_ThrowsAtOnce_HoweverLongTheGracePeriod()
    {
        using MarkedTree tree = new("sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == tree.Root.Id ? Errno.EPERM : null;
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Win32Exception e = await Assert.ThrowsExactlyAsync<Win32Exception>(
            () => registry.StopAsync(tree.Root, Timeout.InfiniteTimeSpan, entireProcessTree: true).WaitAsync(s_limit));
        Assert.AreEqual((int)Errno.EPERM, e.NativeErrorCode);
        Assert.HasCount(2, tree.Alive());
    }

    [TestMethod]
    public async Task ADescendantThatMayNotBeSignalled_IsNotWaitedForAndReported()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; exec sleep 1000");
        int immune = tree.ReadId();
        tree.WaitForCount(2);
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == immune ? Errno.EPERM : null;
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        AggregateException e = await Assert.ThrowsExactlyAsync<AggregateException>(
            () => registry.StopAsync(tree.Root, Timeout.InfiniteTimeSpan, entireProcessTree: true).WaitAsync(s_limit));
        Assert.HasCount(1, e.InnerExceptions);
        tree.AssertAlive(immune);
    }
}
