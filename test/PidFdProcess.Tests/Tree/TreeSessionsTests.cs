using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>What a stop finds in a session if processes start and exit during the search.</summary>
[TestClass]
public sealed class TreeSessionsTests
{
    [TestMethod]
    [DataRow(true, DisplayName = "reaped")]
    [DataRow(false, DisplayName = "zombie")]
    public void TheChildOfAProcessThatExitsBeforeItIsRead_IsFound(bool isReaped)
    {
        using VanishingProcess vanishing = new(isReaped);
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnReadStat = vanishing.ExitAt;
        using SafePidFdHandle root = Open(vanishing.Leader.Id);
        using TreeMembers members = MembersOf(root, vanishing.Leader.Id, kernel);
        Assert.IsTrue(members.AddOfSessions(static _ => { }));
        AssertFound(members, vanishing.Child);
    }

    [TestMethod]
    public void TheChildOfAProcessThatExitsBeforeItIsOpened_IsFound()
    {
        using VanishingProcess vanishing = new(isReaped: true);
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnOpen = vanishing.ExitAt;
        using SafePidFdHandle root = Open(vanishing.Leader.Id);
        using TreeMembers members = MembersOf(root, vanishing.Leader.Id, kernel);
        Assert.IsTrue(members.AddOfSessions(static _ => { }));
        AssertFound(members, vanishing.Child);
    }

    [TestMethod]
    public void IfAProcessGoesInEachList_TheSearchIsRepeated_AndTheFailureIsForgottenWhenItSucceeds()
    {
        using VanishingProcess vanishing = new(isReaped: true);
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnReadStat = id => id == vanishing.Id ? Errno.ENOENT : null;
        using SafePidFdHandle root = Open(vanishing.Leader.Id);
        using TreeMembers members = MembersOf(root, vanishing.Leader.Id, kernel);
        Assert.IsTrue(members.AddChildrenOfAll(static _ => { }, long.MaxValue));
        Assert.IsTrue(members.MayHaveMissed);
        Assert.IsTrue(members.AddOfSessions(static _ => { }));
        Assert.IsInstanceOfType<TimeoutException>(members.Access.Failures.Find(MemberAccess.NoRoot));

        kernel.OnReadStat = null;
        Assert.IsTrue(members.AddOfSessions(static _ => { }));
        Assert.IsFalse(members.AddOfSessions(static _ => { }));
        AssertFound(members, vanishing.Id);
    }

    [TestMethod]
    public void ASession_WhoseNumberAHiddenProcessHas_IsNotCovered()
    {
        using Process leader = TestProcesses.StartSleeper();
        HookedKernel kernel = new();
        Assert.AreEqual((Errno)0, kernel.ReadProcStat(leader.Id, out ProcStat stat));
        stat = stat with { SessionId = leader.Id };
        kernel.OnReadStat = static _ => Errno.ENOENT;
        Assert.IsFalse(TreeSessions.IsCovered(kernel, stat, BootClock.Now));
        leader.Kill();
        leader.WaitForExit();
        Assert.IsTrue(TreeSessions.IsCovered(kernel, stat, BootClock.Now));
    }

    private static void AssertFound(TreeMembers members, int id)
    {
        Assert.AreNotEqual(0, id);
        Assert.AreEqual(id, members.All.Single(static member => !member.IsRoot && !member.HasExited).Id);
        Assert.AreEqual(0, members.Access.Failures.Count);
    }

    private static SafePidFdHandle Open(int id)
    {
        Errno error = LinuxKernel.Instance.PidFdOpen(id, out SafePidFdHandle pidFd);
        Assert.AreEqual((Errno)0, error);
        return pidFd;
    }

    private static TreeMembers MembersOf(SafePidFdHandle root, int id, HookedKernel kernel)
    {
        TreeSessions sessions = new(kernel);
        sessions.Add(id, BootClock.Now);
        TreeMembers members = new(new MemberAccess(kernel, byPid: false, MemberAccess.NoRoot), new ProcChildren(kernel)) { Sessions = sessions };
        members.AddRoot(id, root);
        return members;
    }
}
