using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>How often a scope passes over all processes when leaders of sessions exit.</summary>
[TestClass]
public sealed class AdoptionTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task LeadersThatExitDuringAPass_ShareTheNextPass_AndBlockNoThread()
    {
        const int Count = 16;
        using ManualResetEventSlim release = new();
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        Process[] leaders = [.. Enumerable.Range(0, Count).Select(_ => scope.Start(Shell.Info("read line; exit 0", redirectInput: true)))];
        int passes = 0;
        kernel.OnListProcesses = () =>
        {
            if (Interlocked.Increment(ref passes) == 1)
            {
                Assert.IsTrue(release.Wait(s_limit));
            }

            // An empty list, because a pass lists the processes again if one of them goes.
            return 0;
        };

        Array.ForEach(leaders, static leader => leader.StandardInput.Close());
        TestProcesses.WaitUntil(() => passes > 0 && scope.Processes.Count == 0, "all leaders have exited during the first pass");
        TestProcesses.WaitUntil(() => ThreadPool.PendingWorkItemCount == 0, "the pool has seen the exits");
        release.Set();
        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");

        // A thread may see an exit only after the second pass has begun. Then there is one pass more.
        Assert.IsLessThan(Count / 2, passes);
        Array.ForEach(leaders, static leader => leader.Dispose());
    }

    [TestMethod]
    public async Task AStopDuringAPass_EndsThePass_WhichOpensNoProcessAnyMore()
    {
        using ManualResetEventSlim isListing = new();
        using ManualResetEventSlim release = new();
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        Assert.IsTrue(registry.Support.IsSupported);
        int before = ResourceCounts.PidFdBaseline();
        using MarkedTree tree = MarkedTree.StartReady(scope, "exec 3<&0; sleep 1000 & echo ready; read line <&3; exit 0", redirectInput: true);
        tree.WaitForCount(2);
        kernel.OnListProcesses = () =>
        {
            kernel.OnListProcesses = null;
            isListing.Set();
            Assert.IsTrue(release.Wait(s_limit));
            return null;
        };
        tree.Root.StandardInput.Close();
        Assert.IsTrue(isListing.Wait(s_limit));
        kernel.OnSignal = static (_, signal) => signal != 0 ? Errno.EPERM : null;
        Assert.HasCount(1, (await scope.StopAsync().WaitAsync(s_limit)).Survivors);

        int opens = 0;
        kernel.OnOpen = _ =>
        {
            opens++;
            return null;
        };
        release.Set();
        ResourceCounts.WaitForPidFds(before);
        Assert.AreEqual(0, opens);
    }

    [TestMethod]
    public async Task ALeaderThatExitsAfterTheStop_CausesNoPass()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        using Process immune = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec sleep 1000"]));
        kernel.OnSignal = static (_, signal) => signal != 0 ? Errno.EPERM : null;
        Assert.HasCount(1, (await scope.StopAsync().WaitAsync(s_limit)).Survivors);
        int passes = 0;
        kernel.OnListProcesses = () =>
        {
            Interlocked.Increment(ref passes);

            // An empty list, because a pass lists the processes again if one of them goes.
            return 0;
        };

        // The exit in another scope comes later and causes one pass.
        await using ProcessScope other = new(new ProcessScopeOptions { NewSession = true, Registry = registry });
        using Process later = other.Start(Shell.Info("read line; exit 0", redirectInput: true));
        immune.Kill();
        await immune.WaitForExitAsync().WaitAsync(s_limit);
        later.StandardInput.Close();
        TestProcesses.WaitUntil(() => other.MemberCount == 0, "the other scope is empty");
        Assert.AreEqual(1, passes);
    }

    [TestMethod]
    public async Task AProcessThatNoKnownProcessProves_KeepsTheLeaderInTheScope_UntilAPassFindsTheSessionEmpty()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        using VanishingProcess vanishing = new(isReaped: true, scope.Start);
        int child = await LoseProofAsync(vanishing, kernel);
        EndAnother(scope);
        TestProcesses.WaitUntil(() => scope.MemberCount <= 1, "the other leader has left the scope");
        Assert.AreEqual(1, scope.MemberCount);

        Native.KillByPid(child);
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(child) is null, "the child was reaped");
        EndAnother(scope);
        TestProcesses.WaitUntil(() => scope.MemberCount == 0, "the scope is empty");
    }

    [TestMethod]
    public async Task AProcessThatNoKnownProcessProves_IsReportedByTheStop()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = true, Registry = registry });
        using VanishingProcess vanishing = new(isReaped: true, scope.Start);
        int child = await LoseProofAsync(vanishing, kernel);
        EndAnother(scope);
        TestProcesses.WaitUntil(() => scope.MemberCount <= 1, "the other leader has left the scope");

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        ProcessScopeSurvivor survivor = result.Survivors.Single();
        Assert.AreEqual(child, survivor.ProcessId);
        StringAssert.Contains(survivor.Reason, "may be a stranger");
    }

    /// <summary>Ends the leader. The pass for it lists the processes so late that only the child of the orphan is left.</summary>
    private static Task<int> LoseProofAsync(VanishingProcess vanishing, HookedKernel kernel)
    {
        TaskCompletionSource<int> child = new(TaskCreationOptions.RunContinuationsAsynchronously);
        kernel.OnListProcesses = () =>
        {
            if (!child.Task.IsCompleted)
            {
                long since = Stopwatch.GetTimestamp();
                TestProcesses.WaitUntil(() => Stopwatch.GetElapsedTime(since) > TimeSpan.FromMilliseconds(300), "the moment is over");
                child.SetResult(vanishing.ForkAndExit());
            }

            return null;
        };
        vanishing.EndLeader();
        return child.Task.WaitAsync(s_limit);
    }

    /// <summary>Lets another leader exit, for which there is a pass after the present one.</summary>
    private static void EndAnother(ProcessScope scope)
    {
        using Process other = scope.Start(Shell.Info("exit 0"));
        other.WaitForExit();
    }
}
