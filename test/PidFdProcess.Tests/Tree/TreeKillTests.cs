using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Trees of many shapes are killed to the last process.</summary>
[TestClass]
public sealed class TreeKillTests
{
    // Each level starts the next one and waits for it.
    private const string Deep = "f() { if [ $1 -gt 1 ]; then f $(($1 - 1)) & wait; else exec sleep 1000; fi; }; f 200";
    private const string Wide = "i=1; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i + 1)); done; wait";
    private const string Bushy = "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & f $(($1 - 1)) & fi; sleep 1000; }; f 4";

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("deep", Deep, 200)]
    [DataRow("wide", Wide, 2000)]
    [DataRow("bushy", Bushy, 121)]
    public void Kill_OfATreeOfAnyShape_LeavesNoSurvivor(string name, string script, int count)
    {
        using MarkedTree tree = new(script);
        tree.WaitForCount(count);
        int before = ResourceCounts.PidFdBaseline();
        Stopwatch watch = Stopwatch.StartNew();
        tree.Root.KillViaPidFd(entireProcessTree: true);
        TestContext.WriteLine($"{name}, {count} processes: {watch.Elapsed.TotalMilliseconds:F1} ms");
        tree.AssertNoSurvivor();
        tree.Root.WaitForExit();
        Assert.AreEqual(137, tree.Root.ExitCode);
        ProcessHandleRegistry.Default.Detach(tree.Root);
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_WithAndWithoutChildrenFiles_LeavesNoSurvivor(bool childrenFiles)
    {
        using MarkedTree tree = new(Bushy);
        tree.WaitForCount(121);
        HookedKernel kernel = new();
        Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = childrenFiles });
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_WithoutChildrenFiles_PassesOverProcOnceARound()
    {
        using MarkedTree tree = new(Bushy);
        tree.WaitForCount(121);
        int passes = 0;
        HookedKernel kernel = new();
        kernel.OnReadStat = id =>
        {
            // Only a pass over /proc reads the stat file of this bystander.
            passes += id == 1 ? 1 : 0;
            return null;
        };
        Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = false });
        tree.AssertNoSurvivor();
        Assert.IsGreaterThan(1, passes);
        Assert.IsLessThan(12, passes, "the ancestors of this process and at most a pass per round");
    }

    [TestMethod]
    public void Kill_OfATree_SparesItsSibling()
    {
        using MarkedTree sibling = new("sleep 1000 & sleep 1000");
        using MarkedTree tree = new("sleep 1000 & sleep 1000");
        sibling.WaitForCount(3);
        tree.WaitForCount(3);
        tree.Root.KillViaPidFd(entireProcessTree: true);
        tree.AssertNoSurvivor();
        Assert.HasCount(3, sibling.Alive());
    }

    [TestMethod]
    public void MembersThatAreStoppedOrIgnoreSignals_Die()
    {
        using MarkedTree tree = new(
            "trap '' HUP INT TERM; (trap '' HUP INT TERM; sleep 1000) & sleep 1000 & kill -STOP $!; (kill -STOP $$; sleep 1000) & wait");
        tree.WaitForCount(4);
        tree.Root.KillViaPidFd(entireProcessTree: true);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_OfANonChildRootThatIsAZombie_IsNoError()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = ProcessHandleRegistry.Default.Open(nonChild.Id);
        nonChild.KillAndWaitUntilZombie();
        process.KillViaPidFd(entireProcessTree: true);
        Assert.AreEqual('Z', ProcessTable.StateOf(nonChild.Id));
    }

    internal static Errno Kill(MarkedTree tree, IKernel kernel, ProcChildren? children = null)
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            return TreeKill.Run(kernel, tree.Root.Id, root, children: children);
        }
    }
}
