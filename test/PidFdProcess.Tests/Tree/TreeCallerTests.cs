using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>The calling process becomes a member of a tree because a process between it and the root exits.</summary>
[TestClass]
public sealed class TreeCallerTests
{
    private const int Vanished = int.MaxValue;
    private const int SigStop = (int)Signum.SIGSTOP;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_WhenAnAncestorExitsDuringTheCheck_RefusesTheTreeOfTheNewParent(bool ofParent)
    {
        using MarkedTree tree = new("exec sleep 1000");
        HookedKernel kernel = WithNewParent(ofParent ? TestProcesses.ParentOf(Environment.ProcessId)!.Value : Environment.ProcessId, tree.Root.Id);
        Assert.ThrowsExactly<InvalidOperationException>(() => TreeKillTests.Kill(tree, kernel));
        Assert.DoesNotContain($"signal {SigStop}", kernel.Calls);
        tree.AssertAlive(tree.Root.Id);
    }

    [TestMethod]
    public void AStopOfSeveralTrees_WhenAnAncestorExitsDuringTheCheck_SparesTheNewParent()
    {
        using MarkedTree tree = new("exec sleep 1000");
        HookedKernel kernel = WithNewParent(Environment.ProcessId, tree.Root.Id);
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            ForestPlan plan = new(IsByPid: false, [], KillMilliseconds: 0, IncludesDescendants: true);
            Assert.AreEqual((Errno)0, ForestStop.Run(kernel, [new ForestRoot(tree.Root.Id, root)], plan, default, out ForestResult result));
            Assert.IsEmpty(result.TookKill);
            Assert.AreEqual(tree.Root.Id, result.Survivors.Single().Id);
        }

        tree.AssertAlive(tree.Root.Id);
    }

    /// <summary>The hook keeps the signals from the process of the tests if the kill takes it for a member.</summary>
    [TestMethod]
    public void Kill_WhenTheCallerBecomesAChildAfterTheCheck_SparesTheCallerAndSaysSo()
    {
        using MarkedTree tree = new("exec sleep 1000");
        int own = Environment.ProcessId;
        bool isListed = false;
        int signals = 0;
        HookedKernel kernel = new() { HidesParents = true };
        int read = 0;
        kernel.OnReadStat = id =>
        {
            read = id;
            return null;
        };
        kernel.ChangeStat = stat => isListed && read == own ? stat with { ParentId = tree.Root.Id } : stat;
        kernel.ChangeChildren = (id, children) =>
        {
            if (id == tree.Root.Id)
            {
                isListed = true;
                children.Add(own);
            }
        };
        kernel.OnSignal = (pidFd, _) =>
        {
            bool isOwn = HookedKernel.ProcessIdOf(pidFd) == own;
            signals += isOwn ? 1 : 0;
            return isOwn ? 0 : null;
        };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(
            () => TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = true }));
        Assert.AreEqual(0, signals);
        Assert.IsInstanceOfType<InvalidOperationException>(e.InnerExceptions.Single());
        tree.AssertNoSurvivor();
    }

    // The first read of the process names a parent that is gone by the next read. All later ones name the root, which seems to be a child of init.
    private static HookedKernel WithNewParent(int child, int rootId)
    {
        int read = 0;
        int reads = 0;
        return new HookedKernel
        {
            OnReadStat = id =>
            {
                read = id;
                return id == Vanished ? Errno.ENOENT : null;
            },
            ChangeStat = stat => read == child ? stat with { ParentId = reads++ == 0 ? Vanished : rootId }
                : read == rootId ? stat with { ParentId = 1 }
                : stat,
        };
    }
}
