using System.ComponentModel;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Trees on a host without pidfds, where PID, parent and start time name a process.</summary>
[TestClass]
public sealed class TreeByPidTests
{
    private const int SigStop = 19;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_OfATree_LeavesNoSurvivor(bool childrenFiles)
    {
        using MarkedTree tree = new("f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & fi; sleep 1000; }; f 4");
        tree.WaitForCount(31);
        HookedKernel kernel = WithoutPidFds();
        Assert.AreEqual((Errno)0, TreeKill.Run(
            kernel, tree.Root.Id, null, children: new ProcChildren(kernel) { UseChildrenFiles = childrenFiles }));
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_OfATree_KillsChildrenBeforeParents()
    {
        using MarkedTree tree = new("sh -c 'sleep 1000 & wait' & wait");
        tree.WaitForCount(3);
        List<int> killed = [];
        HookedKernel kernel = WithoutPidFds();
        kernel.OnKill = (id, signal) =>
        {
            if (signal == Native.SigKill)
            {
                killed.Add(id);
            }

            return null;
        };
        TreeKill.Run(kernel, tree.Root.Id, null);
        Assert.HasCount(3, killed);
        Assert.AreEqual(tree.Root.Id, killed[2]);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_WhenAStoppedMemberCannotBeToldFromAStranger_SaysSo()
    {
        using MarkedTree tree = new("sleep 1000 & wait");
        tree.WaitForCount(2);
        HookedKernel kernel = WithoutPidFds();
        bool isFrozen = false;
        kernel.OnReadChildren = (id, _) =>
        {
            isFrozen |= id == tree.Root.Id && TestProcesses.StateOf(id) == 'T';
            return null;
        };
        kernel.OnReadStat = id => isFrozen && id == tree.Root.Id ? Errno.EMFILE : null;
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKill.Run(kernel, tree.Root.Id, null));
        StringAssert.Contains(e.Message, $"kill(SIGKILL) to process {tree.Root.Id}: EMFILE");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    public void ARootWhoseStartIsKnown_IsStoppedOnlyIfItStartedThen(int later)
    {
        using MarkedTree tree = new("echo $$; exec sleep 1000");
        int id = tree.ReadId();
        HookedKernel kernel = WithoutPidFds();
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.ReadProcStat(id, out ProcStat stat));
        ForestPlan plan = new(IsByPid: true, [], KillMilliseconds: 0, IncludesDescendants: true);
        ForestRoot root = new(id, null, RootStart.At(stat.StartTicks + later));
        Assert.AreEqual((Errno)0, ForestStop.Run(kernel, [root], plan, default, out ForestResult result));
        Assert.AreEqual(later == 0, result.TookKill.Contains(id));
        if (later == 0)
        {
            tree.AssertNoSurvivor();
        }
        else
        {
            TestProcesses.WaitUntilAsleep(id);
        }
    }

    [TestMethod]
    public void Kill_WhenAPidIsRecycledAfterItsListing_SparesTheStranger()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; sleep 1000 & wait");
        int victim = tree.ReadId();
        tree.WaitForCount(3);
        bool isStopped = false;
        HookedKernel kernel = WithoutPidFds();
        kernel.OnKill = (id, signal) =>
        {
            isStopped |= id == victim && signal == SigStop;
            return null;
        };

        // After the member was found, the kernel shows a process with another parent and a later start.
        int read = 0;
        kernel.OnReadStat = id =>
        {
            read = id;
            return null;
        };
        kernel.ChangeStat = stat => read == victim && isStopped ? stat with { StartTicks = stat.StartTicks + 1, ParentId = 1 } : stat;
        TreeKill.Run(kernel, tree.Root.Id, null);
        Assert.IsTrue(isStopped);
        tree.AssertAlive(victim);
    }

    [TestMethod]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.EACCES)]
    internal void AHiddenRoot_IsNotGone_AndIsNotSignalled(Errno error)
    {
        using MarkedTree tree = new("exec sleep 1000");
        int id = tree.Root.Id;
        HookedKernel kernel = WithoutPidFds();
        kernel.OnReadStat = read => read == id ? error : null;
        AggregateException kill = Assert.ThrowsExactly<AggregateException>(() => TreeKill.Run(kernel, id, null));
        StringAssert.Contains(kill.Message, $"kill(SIGKILL) to process {id}: EACCES");
        Win32Exception stop = Assert.ThrowsExactly<Win32Exception>(() => Stop(kernel, id, milliseconds: 0));
        StringAssert.StartsWith(stop.Message, $"kill(SIGTERM) to process {id}: EACCES");
        tree.AssertAlive(id);
    }

    [TestMethod]
    public void AStopOnTheStockRoute_OfAChildThatIsHidden_SaysThatItWasNotSignalled()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock: true);
        using MarkedTree tree = new("exec sleep 1000");
        kernel.OnReadStat = id => id == tree.Root.Id ? Errno.ENOENT : null;
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => registry.Stop(tree.Root, TimeSpan.Zero, entireProcessTree: true));
        StringAssert.StartsWith(e.Message, $"kill(SIGTERM) to process {tree.Root.Id}: EACCES");
    }

    [TestMethod]
    public void AMemberThatIsHiddenDuringTheStop_HasNotExited_AndIsReported()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; wait");
        int member = tree.ReadId();
        tree.WaitForCount(2);
        HookedKernel kernel = WithoutPidFds();
        bool isHidden = false;
        kernel.OnKill = (id, signal) =>
        {
            bool isTerm = id == member && signal == SignalNumbers.SigTerm;
            isHidden |= isTerm;
            return isTerm ? 0 : null;
        };
        kernel.OnReadStat = id => isHidden && id == member ? Errno.ENOENT : null;
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => Stop(kernel, tree.Root.Id, milliseconds: 100));
        StringAssert.Contains(e.Message, $"kill(SIGKILL) to process {member}: EACCES");
        tree.AssertAlive(member);
    }

    [TestMethod]
    public void Kill_OfARootThatIsGone_ReturnsESRCH()
    {
        using MarkedTree tree = new("exit 0");
        tree.Root.WaitForExit();
        Assert.AreEqual((Errno)0, TreeKill.Run(WithoutPidFds(), tree.Root.Id, null));
    }

    private static void Stop(HookedKernel kernel, int rootId, int milliseconds) => TreeStop.Run(
        kernel,
        rootId,
        null,
        [new TreeStopStep(SignalNumbers.SigTerm, milliseconds)],
        rootOnly: false,
        killMilliseconds: 100,
        CancellationToken.None,
        out _);

    private static HookedKernel WithoutPidFds() => new()
    {
        OnOpen = static _ => throw new AssertFailedException("There are no pidfds."),
        OnSignal = static (_, _) => throw new AssertFailedException("There are no pidfds."),
    };
}
