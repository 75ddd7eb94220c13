using System.ComponentModel;
using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>A member has been stopped and cannot be killed at first, because other threads have taken the descriptors.</summary>
[TestClass]
public sealed class PostponedKillTests
{
    private const int SigStop = (int)Signum.SIGSTOP;
    private const int SigKill = (int)Signum.SIGKILL;
    private const string Script = "sleep 1000 & echo $!; sleep 1000 & wait";

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.ENFILE)]
    [DataRow(Errno.ENOMEM)]
    internal void AMemberThatCannotBeOpenedForAWhile_IsKilled(Errno error)
    {
        const int Failures = 10;
        using MarkedTree tree = new(Script);
        int victim = tree.ReadId();
        tree.WaitForCount(3);
        bool isStopped = false;
        int opens = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) =>
        {
            isStopped |= signal == SigStop && HookedKernel.ProcessIdOf(pidFd) == victim;
            return null;
        };
        kernel.OnOpen = id => id == victim && isStopped && opens++ < Failures ? error : null;
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            MemberAccess access = new(kernel, byPid: false, tree.Root.Id);
            using TreeMembers members = new(access, root, new ProcChildren(kernel));
            members.AddChildrenOfAll(static _ => { }, TimeLimit.DeadlineIn(Waiting.Limit));
            members.All.Single(member => member.Id == victim).Drop();
            new TreeKill(members, kernel).Kill();
            access.Failures.ThrowIfAny();
        }

        Assert.IsGreaterThan(Failures, opens);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void AMemberThatCannotBeKilledAtAll_IsNamedAndContinued()
    {
        using MarkedTree tree = new(Script);
        int victim = tree.ReadId();
        tree.WaitForCount(3);
        int kills = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal == SigKill && HookedKernel.ProcessIdOf(pidFd) == victim && kills++ >= 0 ? Errno.ENOMEM : null;
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        Assert.AreEqual((int)Errno.ENOMEM, ((Win32Exception)e.InnerExceptions.Single()).NativeErrorCode);
        Assert.IsGreaterThan(1, kills);
        tree.AssertAlive(victim);
        TestProcesses.WaitUntilAsleep(victim);
    }
}
