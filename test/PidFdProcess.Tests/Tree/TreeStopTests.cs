using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>The graceful stop of a tree, with the signals of each member and the end of the stop.</summary>
[TestClass]
public sealed class TreeStopTests : IDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private const int SigStop = 19;
    private const int KillLimit = 30_000;

    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("stop").FullName;

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Stop_OfAStoppedMember_LetsItsHandlerRun(bool byPid)
    {
        using MarkedTree tree = new("trap 'echo handled; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        Native.Kill(tree.Root.Id, 19);
        TestProcesses.WaitUntil(() => TestProcesses.StateOf(tree.Root.Id) == 'T', "it is stopped");
        TreeStopResult result = Stop(tree, byPid, new TreeStopStep(SigTerm, Timeout.Infinite));
        Assert.AreEqual("handled", tree.Root.StandardOutput.ReadLine());
        Assert.IsFalse(result.AnyTookKill);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Stop_WhenAMemberStartsAnotherInItsHandler_SignalsItToo(bool byPid)
    {
        // The child handles the signal, and the root goes on until the child has.
        string trapped = Path.Combine(_directory, "trapped");
        using MarkedTree tree = new(
            $"trap 'sh -c \"trap \\\"echo child; exit\\\" TERM; : >{trapped}; while :; do sleep 0.01; done\" & wait; wait; exit' TERM; "
            + "echo ready; while :; do sleep 0.01; done");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());

        // Until the child has its trap, the signal would kill it, or the trap of its parent would swallow the signal. The stop tries again.
        Errno? SpareUntilTrapped(int id, int signal) =>
            signal == SigTerm && id != tree.Root.Id && !File.Exists(trapped) ? Errno.ENOMEM : null;

        TreeStopResult result = Stop(tree, byPid, SpareUntilTrapped, new TreeStopStep(SigTerm, KillLimit));
        Assert.AreEqual("child", tree.Root.StandardOutput.ReadLine());
        Assert.IsFalse(result.AnyTookKill);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Stop_WhenTheRootExitsFirst_StillStopsTheOthers()
    {
        using MarkedTree tree = new("(trap '' TERM; echo ready; exec sleep 1000) & trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());

        // The others get their signal after the exit of the root.
        Errno? WaitForRoot(int id, int signal)
        {
            if (signal == SigTerm && id != tree.Root.Id)
            {
                TestProcesses.WaitUntil(() => TestProcesses.StateOf(tree.Root.Id) is null or 'Z', "the root has exited");
            }

            return null;
        }

        TreeStopResult result = Stop(tree, byPid: false, WaitForRoot, new TreeStopStep(SigTerm, 200));
        Assert.IsFalse(result.RootTookKill);
        Assert.IsTrue(result.AnyTookKill);
        Assert.IsEmpty(result.Survivors);
        Assert.IsEmpty(tree.Alive());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Stop_SendsOneSignalAfterTheOther(bool byPid)
    {
        using MarkedTree tree = new(
            "trap 'echo int' INT; trap 'echo term' TERM; echo ready; while :; do sleep 0.01; done");
        TestProcesses.RequireSigint(Environment.ProcessId);
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());

        // Each signal is held until the shell has told that it has handled the one before.
        Queue<string> handled = new(["int", "term"]);
        Errno? WaitForHandler(int id, int signal)
        {
            bool isNext = signal == (handled.Count == 2 ? SigTerm : SigStop);
            if (isNext && id == tree.Root.Id && handled.TryDequeue(out string? expected))
            {
                Assert.AreEqual(expected, tree.Root.StandardOutput.ReadLine());
            }

            return null;
        }

        TreeStopResult result = Stop(
            tree,
            byPid,
            WaitForHandler,
            new TreeStopStep(SigInt, 20),
            new TreeStopStep(SigTerm, 20),
            new TreeStopStep(Native.SigKill, 0),
            new TreeStopStep(SigTerm, -1));
        Assert.IsEmpty(handled);
        Assert.AreEqual("", tree.Root.StandardOutput.ReadToEnd());
        Assert.IsTrue(result.RootTookKill);
        Assert.IsEmpty(result.Survivors);
        Assert.IsEmpty(tree.Alive());
    }

    [TestMethod]
    public void Stop_OfTheRootAlone_KillsItsDescendantsWhenItHasExited()
    {
        using MarkedTree tree = new(
            "sh -c 'trap \"echo signalled\" TERM; echo ready; while :; do sleep 0.01; done' & trap 'exit 0' TERM; while :; do sleep 0.01; done");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        TreeStopResult result = Stop(tree, root: true, byPid: false, CancellationToken.None, new TreeStopStep(SigTerm, Timeout.Infinite));
        Assert.IsFalse(result.RootTookKill);
        Assert.IsTrue(result.AnyTookKill);
        Assert.AreEqual("", tree.Root.StandardOutput.ReadToEnd());
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Stop_ThatIsCancelled_EndsAndKillsNoProcess(bool byPid)
    {
        using MarkedTree tree = new("trap '' TERM; echo ready; sleep 1000 & exec sleep 1000");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        tree.WaitForCount(2);
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(300));
        Stopwatch watch = Stopwatch.StartNew();
        OperationCanceledException e = Assert.ThrowsExactly<OperationCanceledException>(
            () => Stop(tree, root: false, byPid, source.Token, new TreeStopStep(SigTerm, Timeout.Infinite)));
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.IsLessThan(s_prompt, watch.Elapsed);
        Assert.HasCount(2, tree.Alive());
        Assert.IsFalse(tree.Alive().Exists(id => TestProcesses.StateOf(id) == 'T'));
    }

    [TestMethod]
    public void Stop_OfAMemberThatSurvivesSigKill_EndsInTimeAndNamesIt()
    {
        using MarkedTree tree = new("trap '' TERM; echo ready; exec sleep 1000");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        HookedKernel kernel = new() { OnSignal = static (_, signal) => signal == Native.SigKill ? 0 : null };
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            Stopwatch watch = Stopwatch.StartNew();
            Assert.AreEqual((Errno)0, TreeStop.Run(
                kernel,
                tree.Root.Id,
                root,
                [new TreeStopStep(SigTerm, 0)],
                rootOnly: false,
                killMilliseconds: 200,
                CancellationToken.None,
                out TreeStopResult? result));
            CollectionAssert.AreEqual(new[] { tree.Root.Id }, result!.Survivors.ToArray());
            Assert.IsGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(200), watch.Elapsed);
            Assert.IsLessThan(s_prompt, watch.Elapsed);
        }
    }

    [TestMethod]
    public void Stop_OfAMemberThatDiesAfterTheLastWaitInTime_LooksOnceMore()
    {
        const int KillTime = 100;
        using MarkedTree tree = new("trap '' TERM; echo ready; exec sleep 1000");
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        long killed = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (_, signal) =>
        {
            killed = signal == Native.SigKill ? Stopwatch.GetTimestamp() : killed;
            return signal == Native.SigKill ? 0 : null;
        };
        kernel.OnPollAny = milliseconds =>
        {
            if (killed == 0 || milliseconds == 0)
            {
                return null;
            }

            // As if the thread lost the processor after its wait.
            Native.KillByPid(tree.Root.Id);
            TestProcesses.WaitUntil(() => TestProcesses.StateOf(tree.Root.Id) is null or 'Z', "the member is dead");
            TestProcesses.WaitUntil(() => Stopwatch.GetElapsedTime(killed).TotalMilliseconds > 2 * KillTime, "the time is over");
            return Errno.EINTR;
        };
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            Assert.AreEqual((Errno)0, TreeStop.Run(
                kernel, tree.Root.Id, root, [new TreeStopStep(SigTerm, 0)], false, KillTime, CancellationToken.None, out TreeStopResult? result));
            Assert.IsEmpty(result!.Survivors);
        }
    }

    [TestMethod]
    public void Stop_WhenPollFails_StillSeesTheExits()
    {
        using MarkedTree tree = new("sleep 1000 & exec sleep 1000");
        tree.WaitForCount(2);
        HookedKernel kernel = new() { OnPollAny = static _ => Errno.EINVAL };
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            Assert.AreEqual((Errno)0, TreeStop.Run(
                kernel, tree.Root.Id, root, [new TreeStopStep(SigTerm, Timeout.Infinite)], false, KillLimit, CancellationToken.None, out _));
        }

        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Stop_WithRoomForTwoPidFds_SignalsAll()
    {
        using MarkedTree tree = new("i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i + 1)); done; wait");
        tree.WaitForCount(21);
        int before = ResourceCounts.PidFdBaseline() + 1;
        HookedKernel kernel = new() { OnOpen = _ => TestProcesses.OpenPidFds() < before + 2 ? null : Errno.EMFILE };
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle root));
        using (root)
        {
            Assert.AreEqual((Errno)0, TreeStop.Run(
                kernel,
                tree.Root.Id,
                root,
                [new TreeStopStep(SigTerm, Timeout.Infinite)],
                rootOnly: false,
                KillLimit,
                CancellationToken.None,
                out TreeStopResult? result));
            Assert.IsFalse(result!.AnyTookKill);
        }

        tree.AssertNoSurvivor();
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static TreeStopResult Stop(MarkedTree tree, bool byPid, params TreeStopStep[] steps) =>
        Stop(tree, root: false, byPid, CancellationToken.None, steps);

    private static TreeStopResult Stop(MarkedTree tree, bool byPid, Func<int, int, Errno?> onSignal, params TreeStopStep[] steps) =>
        Stop(tree, root: false, byPid, onSignal, steps, CancellationToken.None);

    private static TreeStopResult Stop(MarkedTree tree, bool root, bool byPid, CancellationToken cancellationToken, params TreeStopStep[] steps) =>
        Stop(tree, root, byPid, static (_, _) => null, steps, cancellationToken);

    private static TreeStopResult Stop(
        MarkedTree tree, bool root, bool byPid, Func<int, int, Errno?> onSignal, TreeStopStep[] steps, CancellationToken cancellationToken)
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(tree.Root.Id, out SafePidFdHandle pidFd));
        using (pidFd)
        {
            HookedKernel kernel = new()
            {
                OnKill = onSignal,
                OnSignal = (pidFd, signal) => onSignal(HookedKernel.ProcessIdOf(pidFd), signal),
            };
            if (byPid)
            {
                kernel.OnOpen = static _ => throw new AssertFailedException("There are no pidfds.");
                kernel.OnSignal = static (_, _) => throw new AssertFailedException("There are no pidfds.");
            }

            Assert.AreEqual((Errno)0, TreeStop.Run(
                kernel, tree.Root.Id, byPid ? null : pidFd, steps, root, KillLimit, cancellationToken, out TreeStopResult? result));
            return result!;
        }
    }
}
