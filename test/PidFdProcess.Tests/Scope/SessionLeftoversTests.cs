using PidFdProcess.Calls;
using PidFdProcess.Linux;
using PidFdProcess.Scopes;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Scope;

/// <summary>What a pass finds in the session of a leader that has exited, if processes start and exit during the pass.</summary>
[TestClass]
public sealed class SessionLeftoversTests
{
    [TestMethod]
    [DataRow(true, DisplayName = "reaped")]
    [DataRow(false, DisplayName = "zombie")]
    public void TheChildOfAProcessThatExitsBeforeItIsRead_IsFound(bool isReaped)
    {
        using VanishingProcess vanishing = new(isReaped);
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnReadStat = vanishing.ExitAt;
        AssertFinds(vanishing, kernel);
    }

    [TestMethod]
    public void TheChildOfAProcessThatExitsBeforeItIsOpened_IsFound()
    {
        using VanishingProcess vanishing = new(isReaped: true);
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnOpen = vanishing.ExitAt;
        AssertFinds(vanishing, kernel);
    }

    [TestMethod]
    public void IfAProcessGoesInEachList_ThePassEnds_AndTheSessionIsNotDone()
    {
        using VanishingProcess vanishing = new(isReaped: true);
        int reads = 0;
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnReadStat = id => id == vanishing.Id && ++reads > 0 ? Errno.ENOENT : null;
        Pass(vanishing, kernel, leftovers =>
        {
            Assert.IsEmpty(leftovers.Found);
            Assert.IsFalse(leftovers.IsDone(vanishing.Leader.Id));
            Assert.IsInRange(2, 100, reads);
        });
    }

    [TestMethod]
    public void IfNoProcessGoes_TheProcessIsFound_AndTheSessionIsDone()
    {
        using VanishingProcess vanishing = new(isReaped: true);
        Pass(vanishing, vanishing.CreateKernel(), leftovers =>
        {
            Assert.AreEqual(vanishing.Id, leftovers.Found.Single().Id);
            Assert.IsTrue(leftovers.IsDone(vanishing.Leader.Id));
        });
    }

    [TestMethod]
    public void AProcessWithoutAPidFd_IsKnownByItsStart()
    {
        using VanishingProcess vanishing = new(isReaped: true);
        HookedKernel kernel = vanishing.CreateKernel();
        kernel.OnOpen = id => id == vanishing.Id ? Errno.EMFILE : null;
        Pass(vanishing, kernel, leftovers =>
        {
            ScopeMember found = leftovers.Found.Single();
            Assert.IsFalse(found.HasPidFd);
            Assert.IsNotNull(found.Root);
            kernel.ChangeStat = static stat => stat with { StartTicks = stat.StartTicks + 1 };
            Assert.IsNull(found.Root);
        });
    }

    private static void AssertFinds(VanishingProcess vanishing, HookedKernel kernel)
    {
        // The child seems as old as the orphan, because a process that starts 100 ms after the exit of the leader is not taken without a proof.
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.ReadProcStat(vanishing.Id, out ProcStat orphan));
        kernel.ChangeStat = stat => stat.SessionId == orphan.SessionId ? stat with { StartTicks = orphan.StartTicks } : stat;
        Pass(vanishing, kernel, leftovers =>
        {
            Assert.AreNotEqual(0, vanishing.Child);
            Assert.AreEqual(vanishing.Child, leftovers.Found.Single().Id);
            Assert.IsTrue(leftovers.IsDone(vanishing.Leader.Id));
        });
    }

    private static void Pass(VanishingProcess vanishing, HookedKernel kernel, Action<SessionLeftovers> assert)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        ScopeMember leader = new(PinnedRun.Of(registry.Runs, vanishing.Leader), vanishing.Leader.Id);
        vanishing.EndLeader();
        TestProcesses.WaitUntil(() => leader.Exit.IsCompleted, "the exit of the leader is seen");
        SessionLeftovers leftovers = new(registry.Runs, [leader], [leader]);
        try
        {
            leftovers.Open(static () => false);
            assert(leftovers);
        }
        finally
        {
            leader.Leave();
            leftovers.Found.ForEach(static found =>
            {
                found.Leave();
                found.Process.Dispose();
            });
        }
    }
}
