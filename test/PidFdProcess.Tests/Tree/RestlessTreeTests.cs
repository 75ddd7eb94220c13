using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Members that take SIGSTOP and do not stop, or not for long. The kill is bounded, and all are killed.</summary>
[TestClass]
public sealed class RestlessTreeTests
{
    // As many as a shell forks while the thread of the kill waits for a processor.
    private const int MaxOrphans = 20;

    // PIDs go up to 2^22.
    private const int NoProcessId = (1 << 22) + 1;
    private const int InitId = 1;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Kill_OfARootThatIsContinuedAllTheTime_LeavesNoneThatWasThereBefore() => AssertKillsThoseOfBefore(Forkers.Continue);

    [TestMethod]
    public void Kill_OfARootWhoseTracerKeepsSigStopFromIt_LeavesNoneThatWasThereBefore() => AssertKillsThoseOfBefore(Forkers.Trace);

    [TestMethod]
    public void Kill_OfAMemberThatHasNotStoppedYet_ListsItsChildrenWhenItHas()
    {
        const int ReadsWhileItRuns = 15;
        using MarkedTree tree = new("exec sleep 1000");
        int reads = 0;
        bool isListedEarly = false;
        HookedKernel kernel = new()
        {
            ChangeStat = stat => reads++ < ReadsWhileItRuns ? stat with { State = 'R' } : stat,
            ChangeChildren = (_, _) => isListedEarly |= reads <= ReadsWhileItRuns,
        };
        TreeKillTests.Kill(tree, kernel);
        Assert.IsFalse(isListedEarly);
        Assert.IsGreaterThan(ReadsWhileItRuns, reads);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_OfTenProcessesWhoseSecondThreadsWaitInVfork_LosesNoTimeForEach()
    {
        using Fifo fifo = new();
        using MarkedTree tree = Forkers.StartVforking(fifo.FullName, 10);
        Stopwatch watch = Stopwatch.StartNew();
        TreeKillTests.Kill(tree, LinuxKernel.Instance);
        TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms");
        Assert.IsLessThan(TimeSpan.FromSeconds(8), watch.Elapsed);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_OfAMemberThatStartsOneMoreBetweenItsLastListAndItsKill_FindsIt() => AssertFindsOneMore(0, NoProcessId);

    [TestMethod]
    public void Kill_OfAMemberWhoseListLacksOneBecauseAnotherWasReaped_ListsAgain() => AssertFindsOneMore(2, NoProcessId);

    [TestMethod]
    public void Kill_OfAMemberWhoseListLacksOneAndNamesAStranger_ListsAgain() => AssertFindsOneMore(2, InitId);

    [TestMethod]
    public void Kill_OfATreeThatCannotBeKilledAndForksOn_EndsAndSaysSo()
    {
        using MarkedTree tree = new(Forkers.Script);
        tree.WaitForCount(5);
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == tree.Root.Id ? Errno.EACCES : null;
        Stopwatch watch = Stopwatch.StartNew();
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms: {e.Message}");
        string refused = $"pidfd_send_signal(SIGKILL) to process {tree.Root.Id}: EACCES";
        Assert.Contains(inner => inner.Message.Contains(refused, StringComparison.Ordinal), e.InnerExceptions);
        Assert.IsLessThan(s_limit, watch.Elapsed);
    }

    [TestMethod]
    public void Kill_ThatIsRefusedAfterSigStopWasTaken_ContinuesTheMember()
    {
        using MarkedTree tree = new("sleep 1000 & wait; read x", redirectInput: true);
        tree.WaitForCount(2);
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal == Native.SigKill && HookedKernel.ProcessIdOf(pidFd) == tree.Root.Id ? Errno.EPERM : null;
        Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        tree.AssertAlive(tree.Root.Id);
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(tree.Root.Id) != 'T', "the root runs again");
    }

    // The root was seen to be stopped. Then another program continues it, just before the SIGKILL, and it starts one more child.
    private static void AssertFindsOneMore(int incompleteLists, int namedInstead)
    {
        using MarkedTree tree = new("trap '' HUP; while read x; do sleep 1000 & done; sleep 1000", redirectInput: true);
        tree.Root.StandardInput.WriteLine();
        tree.WaitForCount(2);
        List<int> before = tree.Alive();
        HookedKernel kernel = new();
        bool done = false;
        kernel.OnSignal = (pidFd, signal) =>
        {
            if (signal == Native.SigKill && !done)
            {
                // The first that is killed is the child.
                done = true;
                Native.Kill(tree.Root.Id, 18);
                tree.Root.StandardInput.WriteLine();
                tree.Root.StandardInput.Flush();
                tree.WaitForCount(3);
            }

            return null;
        };
        kernel.ChangeChildren = (id, children) =>
        {
            if (done && id == tree.Root.Id && incompleteLists-- > 0)
            {
                children.RemoveAll(child => !before.Contains(child));
                children.Add(namedInstead);
            }
        };
        TreeKillTests.Kill(tree, kernel);
        Assert.IsTrue(done);
        tree.AssertNoSurvivor();
    }

    // The root runs until its SIGKILL. A child that it forks between the last list and its death is an orphan before it is found.
    private void AssertKillsThoseOfBefore(Func<int, IDisposable> keepRunning)
    {
        // On a busy machine the thread of the kill may wait for a processor for longer.
        const int Attempts = 3;
        int left = int.MaxValue;
        for (int attempt = 0; attempt < Attempts && left > MaxOrphans; attempt++)
        {
            left = KillThoseOfBefore(keepRunning);
        }

        Assert.IsLessThanOrEqualTo(MaxOrphans, left);
    }

    private int KillThoseOfBefore(Func<int, IDisposable> keepRunning)
    {
        using MarkedTree tree = new(Forkers.Script);
        tree.WaitForCount(20);
        using IDisposable restless = keepRunning(tree.Root.Id);
        List<int> before = tree.Alive();
        Stopwatch watch = Stopwatch.StartNew();
        TreeKillTests.Kill(tree, LinuxKernel.Instance);
        Assert.IsLessThan(s_limit, watch.Elapsed);
        List<int> left = [];
        TestProcesses.WaitUntil(() => !(left = tree.Alive()).Intersect(before).Any(), "those of before are dead", 60_000);
        TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms, {before.Count} before, {left.Count} left");
        return left.Count;
    }
}
