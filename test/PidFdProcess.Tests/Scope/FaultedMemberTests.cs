using System.Diagnostics;
using PidFdProcess.Scopes;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Scope;

/// <summary>What a scope keeps of a process whose wait breaks off, because the app has closed the object or disposed the registry.</summary>
[TestClass]
public sealed class FaultedMemberTests
{
    private const int Count = 5;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public void AClosedObject_WithoutAPidFd_LeavesTheScope_AtOnceInTheList_AndSoonInMemory()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry });
        using Process stays = scope.Start(Shell.Info("exec sleep 1000"));
        using ClosedProcesses closed = new(Enumerable.Range(0, Count).Select(_ => scope.Start(Shell.Info("exec sleep 1000"))));
        Assert.AreSame(stays, scope.Processes.Single());
        TestProcesses.WaitUntil(() => scope.MemberCount == 1, "the scope has given up the processes of the closed objects");
        Assert.AreSame(stays, scope.Processes.Single());
        closed.AssertAlive();
    }

    [TestMethod]
    public void AClosedLeader_WithoutAPidFd_IsKeptForItsSession_UntilAPassFindsTheSessionEmpty()
    {
        int passes = 0;
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock: true);
        kernel.OnListProcesses = () =>
        {
            Interlocked.Increment(ref passes);
            return null;
        };
        ScopeMembers members = new(registry.Runs, ScopePlan.Of(new ProcessScopeOptions { Registry = registry, NewSession = true }));
        Process leader = StartLeader(members, "exec sleep 1000");
        int id = leader.Id;
        using ClosedProcesses closed = new([leader]);
        Assert.IsEmpty(members.Processes);
        TestProcesses.WaitUntil(() => Volatile.Read(ref passes) > 0, "a pass has looked for the session");
        EndAnother(members);
        Assert.AreEqual(id, IdsOf(members).Single());
        closed.AssertAlive();

        closed.End();
        EndAnother(members);
        Assert.IsEmpty(IdsOf(members));
    }

    [TestMethod]
    public async Task TheDisposalOfTheDefaultRegistry_LetsTheScopeWaitAgain()
    {
        int before = ResourceCounts.PidFdBaseline();
        await using ProcessScope scope = new();
        Process[] all = [.. Enumerable.Range(0, Count).Select(_ => scope.Start(Shell.Info("exec sleep 1000")))];
        using Process stays = scope.Start(Shell.Info("exec sleep 1000"));
        for (int i = 0; i < 3; i++)
        {
            ProcessHandleRegistry.Default.Dispose();
        }

        Assert.HasCount(Count + 1, scope.Processes);
        foreach (Process process in all)
        {
            process.Kill();
            await process.WaitForExitAsync().WaitAsync(s_limit);
            process.Dispose();
        }

        TestProcesses.WaitUntil(() => scope.MemberCount == 1, "the exited processes have left the scope");
        Assert.AreSame(stays, scope.Processes.Single());
        ResourceCounts.WaitForPidFds(before + 1);
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGTERM", result.Exits.Single().Status.ToString());
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    public async Task TheEndOfAStop_AfterTheDisposalOfTheDefaultRegistry_KeepsNoPidFd()
    {
        int before = ResourceCounts.PidFdBaseline();
        using Process process = TestProcesses.StartSleeper();
        ScopeMembers members = new(ProcessHandleRegistry.Default.Runs, ScopePlan.Of(new ProcessScopeOptions()));
        Assert.IsTrue(members.TryAdd(process));
        ScopeMember member = members.Hold().Single();
        ProcessHandleRegistry.Default.Dispose();
        TestProcesses.WaitUntil(() => !member.Exit.IsFaulted, "the scope waits again");
        member.Release();
        members.Forget();
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(process.HasExited);
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task AnExitedProcess_OfADisposedRegistry_IsNotListed_AndIsReleasedByTheStop()
    {
        int before = ResourceCounts.PidFdBaseline();
        ProcessHandleRegistry registry = new();
        await using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry });
        using Process process = scope.Start(Shell.Info("exec sleep 1000"));
        registry.Dispose();
        Assert.AreSame(process, scope.Processes.Single());
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(s_limit);
        Assert.IsEmpty(scope.Processes);
        Assert.IsEmpty((await scope.StopAsync().WaitAsync(s_limit)).Exits);
        ResourceCounts.WaitForPidFds(before);
    }

    private static Process StartLeader(ScopeMembers members, string script)
    {
        Process leader = ToolStart.Start(Shell.Info(script), killOnParentExit: false, newSession: true);
        Assert.IsTrue(members.TryAdd(leader, leadsSession: true));
        return leader;
    }

    /// <summary>Lets another leader exit, and waits for the end of the pass over all processes that follows.</summary>
    private static void EndAnother(ScopeMembers members)
    {
        using Process other = StartLeader(members, "exit 0");
        other.WaitForExit();
        TestProcesses.WaitUntil(() => !IdsOf(members).Contains(other.Id), "the other leader has left the scope");
    }

    private static List<int> IdsOf(ScopeMembers members)
    {
        List<ScopeMember> held = members.Hold();
        held.ForEach(static member => member.Release());
        return [.. held.Select(static member => member.Id)];
    }

    /// <summary>Processes whose first objects are closed. Other objects name them for the test.</summary>
    private sealed class ClosedProcesses : IDisposable
    {
        private readonly List<Process> _processes = [];

        public ClosedProcesses(IEnumerable<Process> started)
        {
            foreach (Process process in started)
            {
                _processes.Add(Process.GetProcessById(process.Id));
                process.Dispose();
            }
        }

        public void AssertAlive() => Assert.IsTrue(_processes.TrueForAll(static process => !process.HasExited));

        public void End()
        {
            foreach (Process process in _processes)
            {
                process.Kill();
                process.WaitForExit();
            }
        }

        public void Dispose()
        {
            End();
            _processes.ForEach(static process => process.Dispose());
        }
    }
}
