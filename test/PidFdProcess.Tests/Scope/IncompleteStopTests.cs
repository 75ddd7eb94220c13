using System.Diagnostics;
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
    public async Task Stop_OfATreeThatForksForTooLong_SaysSo()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry, newSession: false);
        using MarkedTree tree = MarkedTree.StartReady(scope, "echo ready; i=0; while [ $i -lt 100000 ]; do sleep 1000 & i=$((i + 1)); done");
        int root = tree.Root.Id;
        tree.WaitForCount(5);

        // The root takes no signal, so that it forks on. On a busy machine it may not get a processor between two lists.
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == root ? 0 : null;
        string last = "";
        kernel.OnReadChildren = id =>
        {
            if (id == root)
            {
                string former = last;
                TestProcesses.WaitUntil(() => (last = LastChildOf(root)) != former, "the root has started another process");
            }

            return null;
        };
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        StringAssert.Contains(result.IncompleteReason, "A tree has forked for longer than the kill may last");
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
    public async Task Stop_WithoutProc_SaysThatDescendantsMayBeAlive()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        await using ProcessScope scope = Create(registry, newSession: false);
        using MarkedTree tree = MarkedTree.StartReady(scope, "echo ready; exec sleep 1000");
        kernel.OnReadStat = static _ => Errno.ENOENT;

        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);

        Assert.IsEmpty(result.Survivors);
        StringAssert.Contains(result.IncompleteReason, "The descendants of the processes could not be listed");
    }

    [TestMethod]
    public async Task Stop_ThatFindsAllProcesses_HasNothingToSay()
    {
        await using ProcessScope scope = Create(ProcessHandleRegistry.Default);
        using MarkedTree tree = MarkedTree.StartReady(scope, "(sleep 1000 &); echo ready; exec sleep 1000");
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        Assert.IsNull(result.IncompleteReason);
        Assert.AreEqual("1 exited", $"{result}");
    }

    private static string LastChildOf(int id) => File.ReadAllText($"/proc/{id}/task/{id}/children").TrimEnd().Split(' ')[^1];

    private static ProcessScope Create(ProcessHandleRegistry registry, bool newSession = true) =>
        new(new ProcessScopeOptions { GracePeriod = s_short, NewSession = newSession, Registry = registry });
}
