using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary><see cref="Thread.Interrupt"/> and signals do not end the kill or the stop of a tree halfway.</summary>
[TestClass]
public sealed class InterruptedTreeTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(200);

    [TestMethod]
    public void AStop_OnAThreadThatIsInterrupted_KillsTheTree_AndLeavesTheInterruption()
    {
        using MarkedTree tree = new("trap '' TERM; echo ready; sleep 1000 & exec sleep 1000");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        tree.WaitForCount(2);

        // If the pidfds cannot be polled, the stop sleeps.
        HookedKernel kernel = new() { OnPollAny = static _ => Errno.EINVAL };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Assert.IsTrue(IsInterruptedAfter(() => registry.Stop(tree.Root, s_short, entireProcessTree: true)));
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void AKill_OnAThreadThatIsInterrupted_KillsTheTree_AndLeavesTheInterruption()
    {
        // The members seem to run on after their SIGSTOP, so that the kill sleeps.
        const int LooksUntilStopped = 30;
        using MarkedTree tree = new("sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        int looks = 0;
        bool hasReturned = false;
        HookedKernel kernel = new() { ChangeStat = stat => stat.State == 'T' && looks++ < LooksUntilStopped ? stat with { State = 'R' } : stat };
        Assert.IsTrue(IsInterruptedAfter(() => hasReturned = TreeKillTests.Kill(tree, kernel) == 0));
        Assert.IsTrue(hasReturned);
        Assert.IsGreaterThanOrEqualTo(LooksUntilStopped, looks);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void AWaitForMembers_ThatASignalInterrupts_NeitherSleepsNorReadsTheirFiles()
    {
        using MarkedTree tree = new("sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        int polls = 0;
        HookedKernel kernel = new() { OnPollAny = _ => polls++ == 0 ? Errno.EINTR : null };
        WithMembers(tree, kernel, exits =>
        {
            kernel.Calls.Clear();
            Assert.IsFalse(exits.Wait(60_000));
            Assert.AreEqual(1, polls);
            Assert.IsEmpty(kernel.Calls);
        });
    }

    [TestMethod]
    public void ALookAtMembers_ThatASignalInterrupts_IsRepeated()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; exec sleep 1000");
        int child = tree.ReadId();
        tree.WaitForCount(2);
        int polls = 0;
        HookedKernel kernel = new() { OnPollAny = _ => polls++ == 0 ? Errno.EINTR : null };
        WithMembers(tree, kernel, exits =>
        {
            Shared.Native.KillByPid(child);
            TestProcesses.WaitUntil(() => TestProcesses.StateOf(child) is null or 'Z', "the child is dead");
            Assert.IsTrue(exits.Wait(0));
            Assert.AreEqual(2, polls);
        });
    }

    private static void WithMembers(MarkedTree tree, HookedKernel kernel, Action<TreeExits> action)
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            using TreeMembers members = new(new MemberAccess(kernel, byPid: false, tree.Root.Id), root, new ProcChildren(kernel));
            members.AddChildrenOfAll(static _ => { }, TimeLimit.DeadlineIn(Waiting.Limit));
            Assert.HasCount(2, members.All);
            action(new TreeExits(members, kernel));
        }
    }

    /// <summary>
    /// Runs an action on a thread that is interrupted before it. Returns whether the interruption came during the action or is still pending.
    /// </summary>
    private static bool IsInterruptedAfter(Action action)
    {
        bool isInterrupted = false;
        Thread thread = new(() =>
        {
            Thread.CurrentThread.Interrupt();
            try
            {
                action();
                Thread.Sleep(Timeout.Infinite);
            }
            catch (ThreadInterruptedException)
            {
                isInterrupted = true;
            }
        });
        thread.Start();
        Assert.IsTrue(thread.Join(Waiting.Limit));
        return isInterrupted;
    }
}
