using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Members that take SIGSTOP and do not stop, or not for long. The kill is bounded, and all are killed.</summary>
[TestClass]
public sealed class RestlessTreeTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Kill_OfARootThatIsContinuedAllTheTime_LeavesNoSurvivor()
    {
        using MarkedTree tree = new(Forkers.Script);
        tree.WaitForCount(20);
        using IDisposable continuer = Forkers.Continue(tree.Root.Id);
        AssertKilled(tree);
    }

    [TestMethod]
    public void Kill_OfARootWhoseTracerKeepsSigStopFromIt_LeavesNoneThatWasThereBefore()
    {
        using MarkedTree tree = new(Forkers.Script);
        tree.WaitForCount(20);
        using IDisposable tracer = Forkers.Trace(tree.Root.Id);

        // The root runs until its SIGKILL. A child that it forks between the last list and its death is an orphan before it is found.
        AssertKilled(tree, survivors: 1);
    }

    [TestMethod]
    public void Kill_OfTenProcessesWhoseSecondThreadsWaitInVfork_LosesNoTimeForEach()
    {
        using Fifo fifo = new();
        using MarkedTree tree = Forkers.StartVforking(fifo.FullName, 10);
        Stopwatch watch = Stopwatch.StartNew();
        TreeKillTests.Kill(tree, LinuxKernel.Instance);
        TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms");
        Assert.IsLessThan(TimeSpan.FromSeconds(4), watch.Elapsed);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_OfAMemberThatStartsOneMoreBetweenItsLastListAndItsKill_FindsIt()
    {
        // The root was seen to be stopped. Then another program continues it, just before the SIGKILL.
        using MarkedTree tree = new("trap '' HUP; while read x; do sleep 1000 & done; sleep 1000", redirectInput: true);
        tree.Root.StandardInput.WriteLine();
        tree.WaitForCount(2);
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
        TreeKillTests.Kill(tree, kernel);
        Assert.IsTrue(done);
        tree.AssertNoSurvivor();
    }

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

    private void AssertKilled(MarkedTree tree, int survivors = 0)
    {
        Stopwatch watch = Stopwatch.StartNew();
        TreeKillTests.Kill(tree, LinuxKernel.Instance);
        TestContext.WriteLine($"{watch.Elapsed.TotalMilliseconds:F0} ms");
        Assert.IsLessThan(s_limit, watch.Elapsed);
        TestProcesses.WaitUntil(() => tree.Alive().Count <= survivors, $"at most {survivors} of the tree are left", 60_000);
    }
}
