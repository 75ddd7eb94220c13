using System.Diagnostics;
using System.Reflection;
using PidFdProcess.Calls;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Scopes;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>What a scope keeps of processes that it does not own, or owns no longer.</summary>
[TestClass]
public sealed class ScopeReleaseTests : IDisposable
{
    private readonly Process _goesOn = TestProcesses.StartSleeper();
    private readonly ProcessHandleRegistry _registry = new();

    public void Dispose()
    {
        _goesOn.Kill();
        _goesOn.WaitForExit();
        _goesOn.Dispose();
        _registry.Dispose();
    }

    [TestMethod]
    public void Add_OfAnotherObjectOfAnOwnedProcess_KeepsNoPidFd()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = _registry });
        scope.Add(_goesOn);
        int before = TestProcesses.OpenPidFds();
        for (int i = 0; i < 20; i++)
        {
            using Process second = _registry.Open(_goesOn.Id);
            scope.Add(second);
            _registry.Detach(second);
        }

        ResourceCounts.WaitForPidFds(before);
        Assert.AreEqual(1, scope.MemberCount);
        Assert.IsFalse(_goesOn.HasExited);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AnExitedProcess_LeavesTheScope_OnWhicheverThreadWaitsComplete(bool inline)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance, inline));
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry, NewSession = true });
        using Process process = scope.Start(Shell.Info("exit 3"));
        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");
    }

    [TestMethod]
    public async Task Stop_OfTheProcessesAlone_SparesTheRestOfTheirSessions()
    {
        ProcessScopeOptions options = new() { Registry = _registry, NewSession = true, EntireProcessTree = false };
        await using ProcessScope scope = new(options);
        using MarkedTree tree = MarkedTree.StartReady(scope, "sleep 1000 & (sleep 1000 &); echo ready; exec sleep 1000");
        tree.WaitForCount(3);
        int[] others = [.. tree.Alive().Where(id => id != tree.Root.Id)];
        await scope.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
        tree.AssertAlive(others);
    }

    [TestMethod]
    public async Task Stop_OfTheProcessesAlone_SparesTheRestOfASession_WhoseLeaderHasExited()
    {
        ProcessScopeOptions options = new() { Registry = _registry, NewSession = true, EntireProcessTree = false };
        await using ProcessScope scope = new(options);
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &); echo ready");
        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");
        int rest = tree.Alive().Single();
        await scope.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
        tree.AssertAlive(rest);
    }

    [TestMethod]
    public async Task AProcessThatLeadsNoSession_IsStopped_WithoutAPassOverAllProcesses()
    {
        int passes = 0;
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry, NewSession = true });
        scope.Add(_goesOn);
        kernel.OnListProcesses = () =>
        {
            passes++;
            return null;
        };
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.AreEqual("killed by SIGTERM", result.Exits.Single().Status.ToString());
        Assert.AreEqual(0, passes);
    }

    [TestMethod]
    public void Add_ToAStoppedScope_KeepsNoPidFd()
    {
        int before = TestProcesses.OpenPidFds();
        ProcessScope scope = new(new ProcessScopeOptions { Registry = _registry });
        scope.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => scope.Add(_goesOn));
        _registry.Detach(_goesOn);
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(_goesOn.HasExited);
    }

    [TestMethod]
    public void TheEndOfAStop_ThatAProcessHasSurvived_KeepsNoPidFd()
    {
        int before = TestProcesses.OpenPidFds();
        ScopeMembers members = new(_registry.Runs, ScopePlan.Of(new ProcessScopeOptions { Registry = _registry }));
        Assert.IsTrue(members.TryAdd(_goesOn));
        members.Forget();
        _registry.Detach(_goesOn);
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(_goesOn.HasExited);
    }

    [TestMethod]
    public void TheEndOfAStop_ThatALeftoverHasSurvived_KeepsNoPidFd()
    {
        const string Script = "exec 3<&0; sleep 1000 & echo ready; read line <&3; exit 0";
        int before = ResourceCounts.PidFdBaseline();
        ScopeMembers members = new(_registry.Runs, ScopePlan.Of(new ProcessScopeOptions { Registry = _registry, NewSession = true }));
        using MarkedTree tree = new(
            Shell.Info(Script, redirectInput: true, redirectOutput: true), static start => ToolStart.Start(start, false, newSession: true));
        Assert.IsTrue(members.TryAdd(tree.Root, leadsSession: true));
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        tree.Root.StandardInput.Close();
        Process? leftover = null;
        TestProcesses.WaitUntil(() => (leftover = OnlyLeftover(members)) is not null, "the scope has the leftover alone");
        int id = leftover!.Id;
        ResourceCounts.WaitForPidFds(before + 1);
        members.Forget();
        ResourceCounts.WaitForPidFds(before);
        tree.AssertAlive(id);

        // The garbage collector would close the pidfd with the object.
        GC.KeepAlive(leftover);
    }

    [TestMethod]
    public void ALeftover_ThatAStoppedScopeDoesNotTake_KeepsNoPidFd()
    {
        int before = ResourceCounts.PidFdBaseline();
        ScopeMembers members = new(_registry.Runs, ScopePlan.Of(new ProcessScopeOptions { Registry = _registry, NewSession = true }));
        members.Forget();
        Process leftover = _registry.Open(_goesOn.Id);
        members.Adopt(new ScopeMember(PinnedRun.Of(_registry.Runs, leftover), Environment.ProcessId));
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(_goesOn.HasExited);

        // The garbage collector would close the pidfd with the object.
        GC.KeepAlive(leftover);
    }

    [TestMethod]
    public async Task TheEndOfTheRegistry_LeavesTheProcessToTheStop()
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { Registry = _registry });
        scope.Add(_goesOn);
        _registry.Dispose();
        Assert.AreEqual(1, scope.MemberCount);
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.AreEqual("killed by SIGTERM", result.Exits.Single().Status.ToString());
    }

    [TestMethod]
    public void TheEndOfAStop_WithoutPidFds_EndsTheStockWait()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        ScopeMembers members = new(registry.Runs, ScopePlan.Of(new ProcessScopeOptions { Registry = registry }));
        Assert.IsTrue(members.TryAdd(_goesOn));
        FieldInfo? handlers = typeof(Process).GetField("_onExited", BindingFlags.Instance | BindingFlags.NonPublic);
        if (handlers is null)
        {
            Assert.Inconclusive("This runtime keeps the handlers elsewhere.");
        }

        Assert.IsNotNull(handlers.GetValue(_goesOn));
        members.Forget();
        TestProcesses.WaitUntil(() => handlers.GetValue(_goesOn) is null, "no handler of Exited is left");
    }

    /// <summary>Returns the leftover if it is the only member.</summary>
    private static Process? OnlyLeftover(ScopeMembers members)
    {
        List<ScopeMember> held = members.Hold();
        held.ForEach(static member => member.Release());
        return held is [{ IsLeftover: true } leftover] ? leftover.Process : null;
    }
}
