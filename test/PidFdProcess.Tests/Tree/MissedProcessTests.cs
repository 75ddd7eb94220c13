using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>The last lists of a tree kill may lack a process.</summary>
[TestClass]
public sealed class MissedProcessTests
{
    private const int SigTerm = 15;

    // No process has this PID.
    private const int Gone = int.MaxValue;

    // So many fit into the limit of the kill even on a busy machine.
    private const int FurtherLists = 3;

    [TestMethod]
    [DataRow(FurtherLists, false)]
    [DataRow(int.MaxValue, true)]
    public void AListThatNamesAProcessThatHasGone_IsReportedIfNoOtherListFollows(int lists, bool isReported)
    {
        using MarkedTree tree = new("sleep 1000 & wait");
        tree.WaitForCount(2);
        bool isKilled = false;
        int listed = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) =>
        {
            isKilled |= signal == SignalNumbers.SigKill && HookedKernel.ProcessIdOf(pidFd) == tree.Root.Id;
            return null;
        };
        kernel.ChangeChildren = (id, children) =>
        {
            if (id == tree.Root.Id && (!isKilled || listed++ < lists))
            {
                children.Add(Gone);
            }
        };
        ProcChildren children = new(kernel) { UseChildrenFiles = true };
        if (isReported)
        {
            AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel, children));
            StringAssert.Contains(e.InnerExceptions.Single().Message, "was missed");
        }
        else
        {
            Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel, children));
        }

        Assert.IsGreaterThan(FurtherLists, listed);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void WithoutChildrenFiles_AMemberThatIsContinuedAndForks_IsListedBeforeItsKill()
    {
        const int Count = 5;
        using MarkedTree tree = new(
            "sh -c 'trap \"sleep 1000 &\" CONT; sleep 1000 & echo $$; while :; do wait; done' & sleep 1000 & wait");
        int forker = tree.ReadId();
        tree.WaitForCount(Count - 1);
        bool isContinued = false;
        HookedKernel kernel = new();
        kernel.OnSignal = (_, signal) =>
        {
            if (signal == SignalNumbers.SigKill && !isContinued)
            {
                isContinued = true;
                Assert.IsTrue(Native.Kill(forker, SignalNumbers.SigCont));
                tree.WaitForCount(Count);
            }

            return null;
        };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = false }));
        Assert.IsTrue(isContinued);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void WithoutChildrenFiles_AChildThatIsFoundAfterAShortage_IsListedBeforeItsKill()
    {
        // The child and the grandchild appear as if they had been forked after the first SIGKILL, one after the other.
        using MarkedTree tree = new("sh -c 'sh -c \"sleep 1000 & echo \\$!; wait\" & echo $! $$; wait' & wait");
        int[][] lines = [Read(tree), Read(tree)];
        int grandchild = lines.Single(static ids => ids.Length == 1)[0];
        int child = lines.Single(static ids => ids.Length == 2)[0];
        int parent = lines.Single(static ids => ids.Length == 2)[1];
        tree.WaitForCount(4);
        int refusals = 0;
        int lists = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal == SignalNumbers.SigKill && HookedKernel.ProcessIdOf(pidFd) == parent && refusals++ == 0
            ? Errno.ENOMEM
            : null;
        kernel.ChangeProcesses = processes =>
        {
            lists += refusals > 0 ? 1 : 0;
            processes.RemoveAll(id => (id == child && refusals == 0) || (id == grandchild && lists < 2));
        };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = false }));
        tree.AssertNoSurvivor();
    }

    /// <summary>Before Linux 6.15 a process that is just being reaped answers so, and a list that names it may lack another one.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AStop_WhoseRootObeysAtOnce_SignalsAProcess_ThatTheFirstListsCouldNotOpen(bool forest)
    {
        using MarkedTree tree = new("trap 'exit 0' TERM; sleep 1000 & sleep 1000 & wait");
        tree.WaitForCount(3);
        Dictionary<int, int> opens = [];
        HookedKernel kernel = new()
        {
            OnOpen = id =>
            {
                opens[id] = opens.GetValueOrDefault(id) + 1;
                return opens[id] <= FurtherLists ? Errno.EINVAL : null;
            },
        };
        Stop(tree, kernel, forest);
        Assert.HasCount(2, opens);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void AStop_ThatCanNeverOpenAProcess_NamesIt()
    {
        using MarkedTree tree = new("trap 'exit 0' TERM; sleep 1000 & echo $!; wait");
        int child = tree.ReadId();
        HookedKernel kernel = new() { OnOpen = static _ => Errno.EINVAL };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => Stop(tree, kernel, forest: false));
        StringAssert.Contains(e.InnerExceptions.Single().Message, $"pidfd_open of process {child}");
        Native.KillByPid(child);
    }

    private static void Stop(MarkedTree tree, HookedKernel kernel, bool forest)
    {
        const int Limit = 30_000;
        TreeStopStep[] steps = [new(SigTerm, Limit)];
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using SafePidFdHandle owned = root;
        if (forest)
        {
            ForestPlan plan = new(IsByPid: false, steps, Limit, IncludesDescendants: true);
            ForestRoot[] roots = [new ForestRoot(tree.Root.Id, root)];
            Assert.AreEqual((Errno)0, ForestStop.Run(kernel, roots, plan, CancellationToken.None, out ForestResult result));
            Assert.IsEmpty(result.Survivors);
        }
        else
        {
            Assert.AreEqual(
                (Errno)0,
                TreeStop.Run(kernel, tree.Root.Id, root, steps, rootOnly: false, Limit, CancellationToken.None, out TreeStopResult? result));
            Assert.IsFalse(result!.AnyTookKill);
        }
    }

    private static int[] Read(MarkedTree tree) => Array.ConvertAll(
        tree.Root.StandardOutput.ReadLine()!.Split(' '), static text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
}
