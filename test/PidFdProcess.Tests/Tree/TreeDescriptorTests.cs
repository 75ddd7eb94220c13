using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>A call on a tree closes all descriptors that it has opened and no others, even if it fails.</summary>
[TestClass]
public sealed class TreeDescriptorTests
{
    [TestMethod]
    public async Task AStopThatCannotOpenAllMembers_ReportsThem()
    {
        using MarkedTree tree = new("sleep 1000 & sleep 1000 & sleep 1000 & wait");
        tree.WaitForCount(4);
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        registry.Attach(tree.Root);
        int before = ResourceCounts.PidFdBaseline();
        int opened = 0;
        kernel.OnOpen = _ => opened++ < 2 ? null : Errno.EMFILE;
        AggregateException e = await Assert.ThrowsExactlyAsync<AggregateException>(
            () => registry.StopAsync(tree.Root, TimeSpan.FromMilliseconds(100), entireProcessTree: true));
        StringAssert.Contains(e.InnerExceptions[0].Message, "EMFILE");
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        Assert.IsFalse(tree.Alive().Exists(id => TestProcesses.StateOf(id) == 'T'));
    }

    [TestMethod]
    public void TheSpareDescriptors_AreOpenedAgain_WhenThereAreSome()
    {
        const int OpenAt = 257;
        while (SpareDescriptors.TryRelease())
        {
        }

        Assert.IsGreaterThan(0, FailingSystemCall.Run(OpenAt, Errno.EMFILE, times: 1, SpareDescriptors.Reserve));
        Assert.IsFalse(SpareDescriptors.TryRelease());
        SpareDescriptors.Reserve();
        Assert.IsTrue(SpareDescriptors.TryRelease());
    }

    [TestMethod]
    public void DropHalf_AfterOlderMembersWereDropped_ClosesAPidFd()
    {
        using MarkedTree tree = new("sleep 1000 & sleep 1000 & sleep 1000 & wait");
        tree.WaitForCount(4);
        MemberAccess access = new(LinuxKernel.Instance, byPid: false, tree.Root.Id);
        using TreeMembers members = new(access, null, new ProcChildren(LinuxKernel.Instance));
        members.AddChildrenOfAll(static _ => { }, TimeLimit.DeadlineIn(Waiting.Limit));
        Assert.HasCount(4, members.All);
        members.All[1].Drop();
        members.All[2].Drop();
        Assert.IsTrue(access.DropHalf());
        Assert.IsNull(members.All[3].PidFd);
    }

    [TestMethod]
    public void TheDescriptorOfANonMember_IsClosed()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; wait");
        int child = tree.ReadId();
        int before = ResourceCounts.PidFdBaseline();
        int opened = 0;
        HookedKernel kernel = new HookedKernel
        {
            OnOpen = _ =>
            {
                opened++;
                return null;
            },
            OnReadStat = id => id == child && opened > 0 ? Errno.ENOENT : null,
            HidesParents = true,
        };
        Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        Assert.IsGreaterThan(0, opened);
        tree.AssertAlive(child);
    }

    [TestMethod]
    public void ThePidFdOfTheRoot_AfterTheKill_IsStillOpen()
    {
        using MarkedTree tree = new("sleep 1000 & wait");
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            Assert.AreEqual((Errno)0, TreeKill.Run(LinuxKernel.Instance, tree.Root.Id, root));
            Assert.IsFalse(root.IsClosed);
        }
    }
}
