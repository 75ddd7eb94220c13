using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>A kill reads the start times of members when they have stopped. A pidfd may be closed only after that.</summary>
[TestClass]
public sealed class TreeStartTimeTests
{
    private static readonly long s_never = TimeLimit.DeadlineIn(Timeout.Infinite);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true, DisplayName = "Before Linux 6.13")]
    public void AFreeze_NotesTheStartTimesOfAllMembers(bool hidesParents)
    {
        using MarkedTree tree = new("sh -c 'sleep 1000 & wait' & wait");
        tree.WaitForCount(3);
        HookedKernel kernel = new() { HidesParents = hidesParents };
        using TreeMembers members = MembersOf(tree, kernel);
        new TreeFreeze(members, kernel).Run();
        Assert.HasCount(3, members.All);
        foreach (TreeMember member in members.All)
        {
            Assert.AreEqual((Errno)0, kernel.ReadProcStat(member.Id, out ProcStat stat));
            Assert.AreEqual(stat.StartTicks, member.StartTicks);
        }
    }

    [TestMethod]
    public void AMemberThatIsAZombie_HasExitedAfterTheFreeze()
    {
        using Fifo fifo = new();
        using MarkedTree tree = new($"({fifo.Wait}) & echo $!; exec sleep 1000");
        int child = tree.ReadId();
        TestProcesses.WaitUntil(() => ProcessTable.NameOf(tree.Root.Id) == "sleep", "the root is a program that does not reap");
        fifo.Open();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(child) == 'Z', "the child is a zombie");
        HookedKernel kernel = new();
        using TreeMembers members = MembersOf(tree, kernel);
        new TreeFreeze(members, kernel).Run();
        Assert.HasCount(2, members.All);
        Assert.IsTrue(members.All[1].HasExited);
        Assert.IsFalse(members.Root.HasExited);
    }

    [TestMethod]
    public void AMemberThatRefusesTheStop_GetsItsStartTime()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; wait");
        int child = tree.ReadId();
        HookedKernel kernel = new()
        {
            OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == child ? Errno.EPERM : null,
        };
        using TreeMembers members = MembersOf(tree, kernel);
        new TreeFreeze(members, kernel).Run();
        Assert.AreEqual(child, members.All[1].Id);
        Assert.IsTrue(members.All[1].MayDrop);
    }

    [TestMethod]
    public void AMemberThatIsFoundAfterTheFreeze_HasItsStartTime()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; wait");
        int child = tree.ReadId();

        // The first list is that of the freeze, and the second is made before the kill.
        int lists = 0;
        HookedKernel kernel = new() { ChangeChildren = (_, children) => children.RemoveAll(id => id == child && ++lists == 1) };
        using TreeMembers members = MembersOf(tree, kernel);
        new TreeKill(members, kernel).Kill();
        Assert.AreEqual(child, members.All[1].Id);
        Assert.IsTrue(members.All[1].MayDrop);
    }

    [TestMethod]
    public void AfterAShortage_TheStartTimeIsReadAtOnce()
    {
        using MarkedTree tree = new("sleep 1000 & wait");
        tree.WaitForCount(2);
        HookedKernel kernel = new();
        using TreeMembers members = MembersOf(tree, kernel);
        _ = members.Access.CanRetry(Errno.EMFILE);
        members.AddChildrenOfAll(static _ => { }, s_never);
        Assert.IsTrue(members.All[1].MayDrop);
        SpareDescriptors.Reserve();
    }

    [TestMethod]
    public void TheStartTime_OfAProcessThatWasReapedBeforeItWasRead_IsNotNoted()
    {
        using MarkedTree tree = new("sleep 1000 & wait");
        tree.WaitForCount(2);
        HookedKernel kernel = new();
        using TreeMembers members = MembersOf(tree, kernel);
        members.AddChildrenOfAll(static _ => { }, s_never);
        TreeMember member = members.All[1];
        if (member.MayDrop)
        {
            Assert.Inconclusive("The kernel has no PIDFD_GET_INFO (Linux 6.13), so the start time was read at once.");
        }

        Native.KillByPid(member.Id);
        TestProcesses.WaitUntil(() => members.Access.IsReaped(member.PidFd!), "its parent has reaped it");
        members.Access.NoteStart(member, new ProcStat { StartTicks = 1 });
        Assert.IsFalse(member.MayDrop);
    }

    private static TreeMembers MembersOf(MarkedTree tree, HookedKernel kernel)
    {
        Assert.AreEqual((Errno)0, kernel.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        return new TreeMembers(new MemberAccess(kernel, byPid: false, tree.Root.Id), root, new ProcChildren(kernel)) { ReadsStartLater = true };
    }
}
