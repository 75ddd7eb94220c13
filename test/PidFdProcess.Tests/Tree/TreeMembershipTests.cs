using System.Globalization;
using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Parents change during the kill of a tree. A member stays a member, and no stranger becomes one.</summary>
[TestClass]
public sealed class TreeMembershipTests
{
    private const int SigStop = (int)Signum.SIGSTOP;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AMemberThatLosesItsParentStaysOne_AndSoDoItsChildren(bool childrenFiles)
    {
        using Fifo fifo = new();
        using MarkedTree tree = new($"sh -c '({fifo.Wait}; sleep 1000 & wait) & echo $! $$; wait' & sleep 1000 & wait");
        int[] ids = ReadIds(tree);
        (int member, int parent) = (ids[0], ids[1]);
        tree.WaitForCount(4);
        bool done = false;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) =>
        {
            if (!done && signal == SigStop && HookedKernel.ProcessIdOf(pidFd) == member)
            {
                done = true;
                KillAndWaitUntilReaped(parent);
                Assert.AreNotEqual(parent, ProcessTable.ParentOf(member));
                Assert.AreNotEqual(tree.Root.Id, ProcessTable.ParentOf(member));

                // A new child of the member takes the place of the parent.
                fifo.Open();
                tree.WaitForCount(4);
            }

            return tree.LetRootReap(pidFd, signal);
        };
        TreeKillTests.Kill(tree, kernel, ChildrenOf(kernel, childrenFiles));
        Assert.IsTrue(done);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheChildrenOfAStranger_UnderThePidOfAFormerMember_AreSpared(bool childrenFiles)
    {
        RecycledPid.Require();
        using MarkedTree tree = new("sleep 1000 & echo $!; sleep 1000 & wait");
        int former = ReadIds(tree)[0];
        tree.WaitForCount(3);
        MarkedTree? strangers = null;
        try
        {
            HookedKernel kernel = new();
            kernel.OnSignal = (pidFd, signal) =>
            {
                if (strangers is null && signal == SigStop && HookedKernel.ProcessIdOf(pidFd) == former)
                {
                    KillAndWaitUntilReaped(former);
                    strangers = StartStrangers(former);
                    strangers.WaitForCount(3);
                }

                return tree.LetRootReap(pidFd, signal);
            };
            TreeKillTests.Kill(tree, kernel, ChildrenOf(kernel, childrenFiles));
            tree.AssertNoSurvivor();
            Assert.HasCount(3, strangers!.Alive());
            Assert.IsFalse(strangers.Alive().Exists(id => ProcessTable.StateOf(id) == 'T'));
        }
        finally
        {
            strangers?.Dispose();
        }
    }

    [TestMethod]
    public void AMemberThatIsFoundInTheLastPass_LeadsToAnotherPass()
    {
        // The child and the grandchild appear as if their parents forked them between the listing and the stop.
        using MarkedTree tree = new("sh -c 'sleep 1000 & echo $! $$; wait' & wait");
        int[] ids = ReadIds(tree);
        (int grandchild, int child) = (ids[0], ids[1]);
        int looksAtRoot = 0;
        bool isChildStopped = false;
        HookedKernel kernel = new();
        kernel.OnReadStat = id =>
        {
            // The first listing looks once. After that the root is seen to be stopped.
            looksAtRoot += id == tree.Root.Id ? 1 : 0;
            return (id == child && looksAtRoot < 2) || (id == grandchild && !isChildStopped) ? Errno.ENOENT : null;
        };
        kernel.OnSignal = (pidFd, signal) =>
        {
            isChildStopped |= signal == SigStop && HookedKernel.ProcessIdOf(pidFd) == child;
            return null;
        };
        TreeKillTests.Kill(tree, kernel, ChildrenOf(kernel, childrenFiles: false));
        Assert.IsTrue(isChildStopped);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void AListThatNamesAStranger_IsNotTheLast()
    {
        // As if the first child had ended during the listing, so that the kernel left out the second, and a stranger had its PID.
        using MarkedTree tree = new("sh -c 'echo $$; exec sleep 1000' & sh -c 'echo $$; exec sleep 1000' & wait");
        int stranger = ReadIds(tree)[0];
        int second = ReadIds(tree)[0];
        int looksAtRoot = 0;
        int looksAtStranger = 0;
        int id = 0;
        HookedKernel kernel = new HookedKernel
        {
            HidesParents = true,
            OnReadStat = each =>
            {
                id = each;
                looksAtRoot += id == tree.Root.Id ? 1 : 0;

                // Not in the first listing, which is never the last.
                return (id == stranger && looksAtRoot < 2) || (id == second && looksAtStranger < 2) ? Errno.ENOENT : null;
            },
            ChangeStat = stat => id == stranger && ++looksAtStranger > 1 ? stat with { ParentId = 1 } : stat,
        };
        TreeKillTests.Kill(tree, kernel, ChildrenOf(kernel, childrenFiles: false));
        tree.AssertAlive(stranger);
    }

    private static ProcChildren? ChildrenOf(HookedKernel kernel, bool childrenFiles) =>
        childrenFiles ? null : new ProcChildren(kernel) { UseChildrenFiles = false };

    private static void KillAndWaitUntilReaped(int processId)
    {
        Native.KillByPid(processId);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(processId) is null, "its parent has reaped it");
    }

    private static MarkedTree StartStrangers(int processId)
    {
        MarkedTree? strangers = null;
        RecycledPid.Start(processId, () => (strangers = new MarkedTree("sleep 1000 & sleep 1000 & wait")).Root, _ => strangers!.Dispose());
        return strangers!;
    }

    private static int[] ReadIds(MarkedTree tree) => Array.ConvertAll(
        tree.Root.StandardOutput.ReadLine()!.Split(' '), text => int.Parse(text, CultureInfo.InvariantCulture));
}
