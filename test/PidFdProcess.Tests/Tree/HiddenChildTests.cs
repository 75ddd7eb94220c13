using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>/proc hides a child (hidepid), and the kernel does not tell its parent (before Linux 6.13).</summary>
[TestClass]
public sealed class HiddenChildTests
{
    private const int MaxReads = 20;

    [TestMethod]
    [DataRow(Errno.ENOENT, false)]
    [DataRow(Errno.ENOENT, true)]
    [DataRow(Errno.EACCES, false)]
    internal void Kill_NamesTheHiddenChild_AndDoesNotListAgainAndAgain(Errno error, bool byPid)
    {
        using MarkedTree tree = StartWithChild(out int child);
        int reads = 0;
        HookedKernel kernel = new() { HidesParents = true };
        kernel.OnReadStat = id =>
        {
            reads += id == child ? 1 : 0;
            return id == child ? error : null;
        };
        ProcChildren children = new(kernel) { UseChildrenFiles = true };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => _ = byPid
            ? TreeKill.Run(kernel, tree.Root.Id, null, children: children)
            : TreeKillTests.Kill(tree, kernel, children));
        string message = e.InnerExceptions.Single().Message;
        StringAssert.Contains(message, "EACCES");
        StringAssert.Contains(message, child.ToString(CultureInfo.InvariantCulture));
        Assert.IsLessThan(MaxReads, reads);
        tree.AssertAlive(child);
    }

    [TestMethod]
    public void Kill_OfATreeWithAHiddenZombie_ReportsNothing()
    {
        using MarkedTree tree = new("sh -c 'echo $$; kill -STOP $PPID; exec sleep 1000' & exec sleep 1000");
        int child = tree.ReadId();
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(tree.Root.Id) == 'T', "the root, which does not reap, has stopped");
        Shared.Native.KillByPid(child);
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(child) == 'Z', "the child is a zombie");
        HookedKernel kernel = Hiding(child);
        kernel.OnKill = (id, signal) => id == child && signal == 0 ? Errno.EPERM : null;
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = true }));
    }

    [TestMethod]
    public void GetChildren_LeavesOutTheHiddenChild_AndReturnsTheOthers()
    {
        using MarkedTree tree = new("sh -c 'echo $$; exec sleep 1000' & sleep 1000 & wait");
        int child = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = Hiding(child);
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Process other = registry.GetChildren(tree.Root).Single();
        Assert.AreNotEqual(child, other.Id);
        other.Dispose();
    }

    [TestMethod]
    public void Kill_WhenTheHiddenChildExitsDuringTheKill_ReportsNothing()
    {
        using MarkedTree tree = StartWithChild(out int child);
        HookedKernel kernel = Hiding(child);
        kernel.OnSignal = (pidFd, signal) =>
        {
            if (signal == SignalNumbers.SigKill && HookedKernel.ProcessIdOf(pidFd) == tree.Root.Id)
            {
                Shared.Native.KillByPid(child);
                TestProcesses.WaitUntil(() => TestProcesses.StateOf(child) is null, "the root has reaped its child");
            }

            return tree.LetRootReap(pidFd, signal);
        };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = true }));
        tree.AssertNoSurvivor();
    }

    private static MarkedTree StartWithChild(out int child)
    {
        MarkedTree tree = new("sh -c 'echo $$; exec sleep 1000' & wait");
        child = tree.ReadId();
        tree.WaitForCount(2);
        return tree;
    }

    private static HookedKernel Hiding(int child) =>
        new() { HidesParents = true, OnReadStat = id => id == child ? Errno.ENOENT : null };
}
