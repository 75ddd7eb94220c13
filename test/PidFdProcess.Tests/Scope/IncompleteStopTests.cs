using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>Stops of a scope that could not find all processes. The result says so.</summary>
[TestClass]
public sealed class IncompleteStopTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task Stop_WhenProcessesCannotBeListed_SaysSo()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &); echo ready; exec sleep 1000");
        tree.WaitForCount(2);
        kernel.OnListProcesses = static () => Errno.EMFILE;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        TestProcesses.WaitUntil(() => tree.Alive().Count == 1, "the orphan alone is left");
        Assert.IsEmpty(result.Survivors);
        StringAssert.Contains(result.IncompleteReason, "EMFILE");
        StringAssert.Contains($"{result}", "others may be alive: /proc: EMFILE");
    }

    [TestMethod]
    public async Task Stop_OnTheStockRoute_WhenAStrangerGetsThePidAfterTheLastLook_SparesTheStranger()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock: true);
        await using ProcessScope scope = Create(registry, newSession: false);
        using MarkedTree tree = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        int id = tree.Root.Id;
        int read = 0;
        bool isRecycled = false;
        kernel.OnReadStat = each =>
        {
            // The stop reads its own file after its last look at the member.
            isRecycled |= each == Environment.ProcessId;
            read = each;
            return null;
        };
        kernel.ChangeStat = stat => isRecycled && read == id ? stat with { StartTicks = stat.StartTicks + 1 } : stat;
        ConcurrentQueue<int> signals = [];
        kernel.OnKill = (each, signal) =>
        {
            if (each == id && signal != 0)
            {
                signals.Enqueue(signal);
            }

            return null;
        };

        await scope.StopAsync().WaitAsync(s_limit);

        Assert.IsTrue(isRecycled);
        Assert.IsEmpty(signals);
        tree.AssertAlive(id);
    }

    [TestMethod]
    public async Task Stop_OfATreeThatForksForTooLong_SaysSo()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry, newSession: false);
        using MarkedTree tree = MarkedTree.StartReady(scope, "echo ready; i=0; while [ $i -lt 100000 ]; do sleep 1000 & i=$((i + 1)); done");
        int root = tree.Root.Id;
        tree.WaitForCount(5);

        // The root takes no signal, so that it forks on. On a busy machine it may not get a processor between two lists.
        // A child without a signal is new and alive. The last of the list need not be: the shell reaps the dead ones, which shortens it.
        HashSet<int> signaled = [];
        kernel.OnSignal = (pidFd, signal) =>
        {
            int id = HookedKernel.ProcessIdOf(pidFd);
            signaled.Add(id);
            return signal != 0 && id == root ? 0 : null;
        };
        kernel.OnReadChildren = (id, _) =>
        {
            if (id == root)
            {
                TestProcesses.WaitUntil(() => !signaled.IsSupersetOf(ChildrenOf(root)), "the root has started another process");
            }

            return null;
        };
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        // The shell also reaps its dead children. If a list lacks one of them when the time is over, the reason says that instead.
        Regex reason = new("A tree (has forked for longer than the kill may last|may have a process that was missed)");
        StringAssert.Matches(result.IncompleteReason, reason);
        CollectionAssert.Contains(result.Survivors.Select(static survivor => survivor.ProcessId).ToList(), root);
    }

    [TestMethod]
    public async Task Stop_WhenAStrangerCannotBeRead_DoesNotCallItASurvivor()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        using Process stranger = TestProcesses.StartSleeper();
        kernel.OnReadStat = id => id == stranger.Id ? Errno.EIO : null;
        try
        {
            ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

            Assert.IsEmpty(result.Survivors);
            StringAssert.Contains(result.IncompleteReason, $"/proc/{stranger.Id}/stat: EIO");
            Assert.IsFalse(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
            stranger.WaitForExit();
        }
    }

    [TestMethod]
    [DataRow(false, true)]
    [DataRow(false, false)]
    [DataRow(true, true)]
    public async Task Stop_WithoutProc_KillsTheProcess_AndSaysThatDescendantsMayBeAlive(bool stock, bool entireProcessTree)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock);
        ProcessScopeOptions options = new() { GracePeriod = s_short, Registry = registry, EntireProcessTree = entireProcessTree };
        await using ProcessScope scope = new(options);
        using MarkedTree tree = MarkedTree.StartReady(scope, "trap '' TERM; echo ready; exec sleep 1000");
        kernel.OnReadStat = static _ => Errno.ENOENT;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.IsEmpty(result.Survivors);
        Assert.IsTrue(result.Exits.Single().Status.Canceled);
        const string Reason = "The descendants of the processes could not be listed";
        Assert.AreEqual(entireProcessTree, result.IncompleteReason?.StartsWith(Reason, StringComparison.Ordinal) == true, $"{result}");
    }

    [TestMethod]
    public async Task Stop_WithoutProc_OfProcessesWithAndWithoutAPidFd_StopsBoth_AndGivesTheReasonOnce()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry, newSession: false);
        using MarkedTree first = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        kernel.OnOpen = static _ => Errno.EMFILE;
        using MarkedTree second = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        kernel.OnReadStat = static _ => Errno.ENOENT;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.HasCount(2, result.Exits);
        Assert.HasCount(2, result.IncompleteReason!.Split("The descendants"));
    }

    [TestMethod]
    public async Task Stop_WithoutProc_NamesAProcessThatMayNotBeSignalled_AndStopsTheOthers()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry, newSession: false);
        using MarkedTree guarded = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        using MarkedTree other = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == guarded.Root.Id ? Errno.EPERM : null;
        kernel.OnReadStat = static _ => Errno.ENOENT;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.AreSame(other.Root, result.Exits.Single().Process);
        ProcessScopeSurvivor survivor = result.Survivors.Single();
        Assert.AreEqual((guarded.Root.Id, "?"), (survivor.ProcessId, survivor.Name));
        StringAssert.Contains(survivor.Reason, $"pidfd_send_signal(SIGKILL) to process {guarded.Root.Id}: EPERM");
    }

    [TestMethod]
    public async Task ACancelledStop_WithoutProc_KillsNoProcess()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = TimeSpan.FromMinutes(10), Registry = registry });
        using MarkedTree tree = MarkedTree.StartReady(scope, "trap 'echo term' TERM; echo ready; while :; do sleep 0.01; done");
        kernel.OnReadStat = static _ => Errno.ENOENT;
        using CancellationTokenSource source = new();
        Task stop = scope.StopAsync(source.Token);
        Assert.AreEqual("term", tree.Root.StandardOutput.ReadLine());
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => stop.WaitAsync(s_limit));
        Assert.IsFalse(tree.Root.HasExited);
        tree.Root.Kill();
    }

    [TestMethod]
    public async Task Stop_WhenAnAncestorOfTheCallerIsHidden_FindsAllProcesses()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &); echo ready; exec sleep 1000");
        int ancestor = TestProcesses.ParentOf(Environment.ProcessId)!.Value;
        kernel.OnReadStat = id => id == ancestor ? Errno.EACCES : null;
        Assert.AreEqual("1 exited", $"{await scope.StopAsync().WaitAsync(s_limit)}");
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task Stop_WhenAnOrphanOfTheSessionCannotBeOpened_NamesIt()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &); echo ready; exec sleep 1000");
        tree.WaitForCount(2);
        int orphan = tree.Alive().Single(id => id != tree.Root.Id);
        kernel.OnOpen = id => id == orphan ? Errno.EMFILE : null;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        ProcessScopeSurvivor survivor = result.Survivors.Single();
        Assert.AreEqual(orphan, survivor.ProcessId);
        StringAssert.Contains(survivor.Reason, "pidfd_open");
        StringAssert.Contains(survivor.Reason, "EMFILE");
    }

    /// <summary>The hook keeps the signals from the parent of the test if the scope does not spare it.</summary>
    [TestMethod]
    public async Task Stop_OfAnAncestorOfTheCaller_SparesIt_AndNamesIt()
    {
        List<int> signals = [];
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry, newSession: false);
        using Process parent = ProcessHandleRegistry.OpenParent();
        scope.Add(parent);
        kernel.OnSignal = (_, signal) =>
        {
            signals.Add(signal);
            return signal == 0 ? null : 0;
        };

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.IsTrue(signals.TrueForAll(static signal => signal == 0));
        ProcessScopeSurvivor survivor = result.Survivors.Single();
        Assert.AreEqual((parent.Id, "it is the calling process or an ancestor of it"), (survivor.ProcessId, survivor.Reason));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Stop_ThatFindsAllProcesses_StopsThem_AndHasNothingToSay(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &); echo ready; exec sleep 1000");
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        Assert.IsNull(result.IncompleteReason);
        Assert.AreEqual("1 exited", $"{result}");
        tree.AssertNoSurvivor();
    }

    private static IEnumerable<int> ChildrenOf(int id) =>
        File.ReadAllText($"/proc/{id}/task/{id}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static child => int.Parse(child, CultureInfo.InvariantCulture));

    private static ProcessScope Create(ProcessHandleRegistry registry, bool newSession = true) =>
        new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = newSession, Registry = registry });
}
