using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>Scopes whose processes lead sessions of their own. Processes that have left the tree are stopped, too.</summary>
[TestClass]
public sealed class ScopeSessionTests
{
    private const int Times = 20;

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow("(sleep 1000 & sleep 1000 &) ; echo ready; exec sleep 1000", 3, DisplayName = "orphans")]
    [DataRow("(trap '' TERM; (sleep 1000 & sleep 1000 &)) ; echo ready; exec sleep 1000", 3, DisplayName = "stubborn orphans")]
    [DataRow("setsid sleep 1000 & setsid sh -c 'trap \"\" TERM; exec sleep 1000' & echo ready; wait", 3, DisplayName = "sessions of children")]
    [DataRow("timeout 1000 sleep 1000 & timeout 1000 sh -c 'sleep 1000; :' & echo ready; wait", 6, DisplayName = "groups of children")]
    [DataRow("setsid sh -c '(sleep 1000 &); exec sleep 1000' & echo ready; wait", 3, DisplayName = "orphans in the session of a child")]
    [DataRow("echo ready; " + Forkers.Script, 20, DisplayName = "forking tree")]
    [DataRow("trap '' TERM; echo ready; " + Forkers.Script, 20, DisplayName = "stubborn forking tree")]
    [DataRow("trap '' TERM; echo ready; " + Forkers.OrphansScript, 20, DisplayName = "stubborn tree that forks orphans")]
    public async Task Stop_LeavesNoProcess(string script, int count)
    {
        const int Attempts = 3;
        for (int i = 0; i < Times; i++)
        {
            for (int attempt = 1; await StopAsync(script, count) is var left && left.Length > 0; attempt++)
            {
                Assert.IsLessThan(Attempts, attempt, string.Join('\n', left.AsEnumerable()));
            }
        }
    }

    [TestMethod]
    public async Task Stop_WhenTheRootStartsProcessesInItsHandlerAndExits_LeavesNoProcess()
    {
        for (int i = 0; i < Times; i++)
        {
            await using ProcessScope scope = Create();
            using MarkedTree tree = MarkedTree.StartReady(
                scope, "trap '(trap \"\" TERM; sleep 1000 &); sleep 1000 & exit 0' TERM; echo ready; while :; do sleep 0.01; done");
            await scope.StopAsync().WaitAsync(s_limit);
            tree.AssertNoSurvivor();
        }
    }

    [TestMethod]
    public async Task Stop_WhenTheRootExitsBeforeItsDescendants_LeavesNoProcess()
    {
        for (int i = 0; i < Times; i++)
        {
            await using ProcessScope scope = Create();
            using MarkedTree tree = MarkedTree.StartReady(scope, "sleep 1000 & (sleep 1000 &); echo ready; exit 0");
            TestProcesses.WaitUntil(() => scope.Processes.Count == 0, "the root has left the scope");
            tree.WaitForCount(2);
            await scope.StopAsync().WaitAsync(s_limit);
            tree.AssertNoSurvivor();
        }
    }

    [TestMethod]
    public async Task Stop_WhenDescriptorsWereShortAtTheExitOfTheRoot_LeavesNoProcess()
    {
        ShortOfDescriptors kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(scope, "sleep 1000 & (sleep 1000 &); echo ready; exit 0");
        kernel.WaitForLists(() => scope.Processes.Count == 0);
        kernel.EndShortage();
        tree.WaitForCount(2);
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        Assert.IsEmpty(result.Survivors);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public async Task Stop_WhenNoKnownProcessProvesTheSession_SparesTheProcess_AndReportsIt()
    {
        ShortOfDescriptors kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry);
        using MarkedTree tree = MarkedTree.StartReady(
            scope, "exec 3<&0; (read line <&3; sleep 1000 & exit 0) & echo ready; exit 0", redirectInput: true);
        kernel.WaitForLists(() => scope.Processes.Count == 0);
        int parent = tree.Alive().Single();
        tree.Root.StandardInput.WriteLine();
        int late = 0;

        // As long as the parent is a zombie, it proves the session.
        TestProcesses.WaitUntil(
            () => TestProcesses.StateOf(parent) is null && (late = tree.Alive().SingleOrDefault()) != 0 && late != parent, "the parent was reaped");
        TestProcesses.WaitUntil(() => Shared.ProcessTable.NameOf(late) == "sleep", "the shell has executed the program");
        kernel.EndShortage();
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        Assert.HasCount(1, result.Survivors);
        Assert.AreEqual(late, result.Survivors[0].ProcessId);
        Assert.AreEqual("sleep", result.Survivors[0].Name);
        StringAssert.Contains(result.Survivors[0].Reason, "may be a stranger", StringComparison.Ordinal);
        CollectionAssert.AreEqual(new[] { late }, tree.Alive().ToArray());
    }

    [TestMethod]
    public async Task ADescendantThatOutlivesTheRoot_LeavesTheScopeWhenItEnds()
    {
        await using ProcessScope scope = Create();
        using MarkedTree tree = MarkedTree.StartReady(
            scope, "(exec 3<&0; (read line <&3; exit 0) & sleep 1000 &) ; echo ready; exit 0", redirectInput: true);
        TestProcesses.WaitUntil(() => scope.Processes.Count == 0 && scope.MemberCount == 2, "the root has left two processes");
        foreach (int id in tree.Alive())
        {
            Shared.Native.KillByPid(id);
        }

        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");
    }

    [TestMethod]
    public async Task Stop_WithoutSessions_SparesAnOrphan_AsTheTreeKillDoes()
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short });
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &) ; echo ready; exec sleep 1000");
        tree.WaitForCount(2);
        await scope.StopAsync().WaitAsync(s_limit);
        TestProcesses.WaitUntil(() => tree.Alive().Count == 1, "the orphan alone is left");
    }

    [TestMethod]
    public async Task TheProcess_KeepsItsPid_AndLeadsItsSession()
    {
        await using ProcessScope scope = Create();
        using Process process = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", "echo $$; exec sleep 1000"]) { RedirectStandardOutput = true });
        Assert.AreEqual(process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), process.StandardOutput.ReadLine());
        Assert.AreEqual(process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), Shared.ProcessTable.FieldsOf(process.Id)![3]);
    }

    // If the stop loses the processor while the root dies, the last children start more than 100 ms after the last proof. The scope spares them, and
    // reports them. Processes that took the SIGKILL may die after the stop.
    private static async Task<ProcessScopeSurvivor[]> StopAsync(string script, int count)
    {
        await using ProcessScope scope = Create();
        using MarkedTree tree = MarkedTree.StartReady(scope, script);
        tree.WaitForCount(count);
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        ProcessScopeSurvivor[] spared =
            [.. result.Survivors.Where(static survivor => survivor.Reason.EndsWith("may be a stranger", StringComparison.Ordinal))];
        tree.AssertAlive(Array.ConvertAll(spared, static survivor => survivor.ProcessId));
        return spared;
    }

    private static ProcessScope Create(ProcessHandleRegistry? registry = null) => new(new ProcessScopeOptions
    {
        GracePeriod = s_short,
        NewSession = true,
        Registry = registry ?? ProcessHandleRegistry.Default,
    });

    /// <summary>A kernel that is out of descriptors when processes are listed.</summary>
    private sealed class ShortOfDescriptors
    {
        private readonly HookedKernel _kernel = new();
        private int _lists;

        public ShortOfDescriptors() => _kernel.OnListProcesses = () =>
        {
            Interlocked.Increment(ref _lists);
            return Errno.EMFILE;
        };

        public PidFdPlatform Platform => _kernel.Platform;

        /// <summary>Waits until the scope has tried in vain to list the session, and until the moment after the exit of the root is over.</summary>
        public void WaitForLists(Func<bool> hasRootLeft)
        {
            TestProcesses.WaitUntil(() => Volatile.Read(ref _lists) > 0 && hasRootLeft(), "the root has left the scope");
            long since = Stopwatch.GetTimestamp();
            TestProcesses.WaitUntil(() => Stopwatch.GetElapsedTime(since) > TimeSpan.FromMilliseconds(200), "the moment is over");
        }

        public void EndShortage() => _kernel.OnListProcesses = null;
    }
}
