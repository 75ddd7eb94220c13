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
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry, NewSession = true });
        using ClosedProcesses closed = new([scope.Start(Shell.Info("exec sleep 1000"))]);
        Assert.IsEmpty(scope.Processes);
        TestProcesses.WaitUntil(() => Volatile.Read(ref passes) > 0, "a pass has looked for the session");
        EndAnother(scope);
        TestProcesses.WaitUntil(() => scope.MemberCount == 1, "the other leader has left the scope");
        closed.AssertAlive();

        closed.End();
        EndAnother(scope);
        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");
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
        ProcessHandleRegistry.Default.Dispose();
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

    /// <summary>Lets another leader exit, for which there is a pass over all processes.</summary>
    private static void EndAnother(ProcessScope scope)
    {
        using Process other = scope.Start(Shell.Info("exit 0"));
        other.WaitForExit();
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
