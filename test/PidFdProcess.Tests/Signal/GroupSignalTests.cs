using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Diagnostics;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Signal;

/// <summary>Signals to process groups, by the kernel's flag and by the number of the group.</summary>
[TestClass]
public sealed class GroupSignalTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SignalGroup_ReachesEachProcessOfTheGroup_AndNoOther(bool olderKernel)
    {
        HookedKernel kernel = new() { OnSignalGroup = olderKernel ? (_, _) => Errno.EINVAL : null };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using MarkedTree tree = StartLeader("(sleep 1000 &); sleep 1000 & timeout 1000 sleep 1000 & echo ready; exec sleep 1000");
        tree.WaitForCount(5);

        Assert.IsTrue(registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));

        // timeout(1) made a group of its own.
        TestProcesses.WaitUntil(() => tree.Alive().Count == 2, "the group of timeout(1) is left");
    }

    [TestMethod]
    public void SignalGroup_AfterTheLeaderWasReaped_ReachesTheRest_UnlessTheExitWasSeen()
    {
        if (!KnowsTheFlag())
        {
            Assert.Inconclusive("needs Linux 6.9");
        }

        using MarkedTree tree = StartLeader("sleep 1000 & echo ready; read line; exit 0", redirectInput: true);
        using MarkedTree seen = StartLeader("sleep 1000 & echo ready; read line; exit 0", redirectInput: true);
        using ProcessHandleRegistry registry = new();
        registry.Attach(tree.Root);
        registry.Attach(seen.Root);
        tree.WaitForCount(2);
        seen.WaitForCount(2);
        EndLeader(tree);
        EndLeader(seen);
        Assert.IsTrue(registry.HasExited(seen.Root));

        Assert.IsTrue(registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));
        Assert.IsFalse(registry.SignalGroup(seen.Root, PosixSignal.SIGTERM));

        tree.AssertNoSurvivor();
        Assert.HasCount(1, seen.Alive());
    }

    [TestMethod]
    public void SignalGroup_OfAProcessThatLeadsNone_IsRefused()
    {
        using Process child = Shell.StartSleeper();
        Assert.ThrowsExactly<InvalidOperationException>(() => child.SignalGroupViaPidFd(PosixSignal.SIGTERM));
        Assert.IsFalse(child.HasExited);
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    public async Task SignalGroup_OfTheCallersOwnGroup_IsRefused_UnlessAsked()
    {
        // The program leads its group. The leader of the group of the test may have ended.
        ToolRun run = await ToolRun.SucceedAsync("setsid", ["--wait", .. DummyProgram.Start, "signal-own-group"]);
        Assert.AreEqual("refused\nsignalled\n", run.Output);
    }

    [TestMethod]
    public void SignalGroup_OnTheStockRoute_GoesByNumber()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using MarkedTree tree = StartLeader("sleep 1000 & echo ready; exec sleep 1000");
        tree.WaitForCount(2);
        Assert.IsTrue(registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));
        tree.AssertNoSurvivor();
        Assert.IsTrue(tree.Root.WaitForExit(10_000));
        Assert.IsFalse(registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SignalGroup_ByNumber_AfterTheLeaderWasReaped_SendsNothing(bool stock)
    {
        HookedKernel kernel = new() { OnSignalGroup = static (_, _) => Errno.EINVAL };
        List<int> killed = [];
        kernel.OnKill = (id, _) =>
        {
            killed.Add(id);
            return Errno.ENOSYS;
        };
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock);
        using MarkedTree tree = StartLeader("sleep 1000 & echo ready; read line; exit 0", redirectInput: true);
        registry.Attach(tree.Root);
        tree.WaitForCount(2);
        kernel.OnReadStat = id =>
        {
            // The leader is the process that is meant, but it is reaped before the signal.
            if (id == tree.Root.Id)
            {
                EndLeader(tree);
            }

            return null;
        };
        if (stock)
        {
            // On this route nothing is read before.
            EndLeader(tree);
        }

        Assert.IsFalse(registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));
        Assert.IsEmpty(killed);
        Assert.HasCount(1, tree.Alive());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SignalGroup_ByNumber_DuringWhichTheLeaderIsReaped_SaysThatNothingProvesTheGroup(bool stock)
    {
        HookedKernel kernel = new() { OnSignalGroup = static (_, _) => Errno.EINVAL };
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock);
        using MarkedTree tree = StartLeader("sleep 1000 & echo ready; read line; exit 0", redirectInput: true);
        registry.Attach(tree.Root);
        tree.WaitForCount(2);
        using Measurements measurements = new();
        kernel.OnKill = (id, signal) =>
        {
            Assert.AreEqual((-tree.Root.Id, (int)Signum.SIGTERM), (id, signal));
            EndLeader(tree);
            return null;
        };

        Assert.IsTrue(registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));
        Assert.AreEqual(1, measurements["fallbacks{call=kill,error=none}"]);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SignalGroup_OfTheFirstProcess_NeverGoesByNumber_BecauseThatMeansAllProcesses(bool stock)
    {
        List<int> killed = [];
        HookedKernel kernel = new()
        {
            OnSignalGroup = static (_, _) => Errno.EINVAL,
            ChangeStat = static stat => stat with { GroupId = 1 },
            OnKill = (id, signal) =>
            {
                if (signal != 0)
                {
                    killed.Add(id);
                }

                return 0;
            },
        };
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(kernel.Platform, stock);
        using Process first = Process.GetProcessById(1);
        InvalidOperationException e = Assert.ThrowsExactly<InvalidOperationException>(
            () => registry.SignalGroup(first, PosixSignal.SIGTERM, includeOwnGroup: true));
        StringAssert.Contains(e.Message, "kill(-1)");
        Assert.IsEmpty(killed);
    }

    [TestMethod]
    public void SignalGroup_ThatAFilterForbids_SaysSo()
    {
        HookedKernel kernel = new() { OnSignalGroup = static (_, _) => Errno.ENOSYS };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using MarkedTree tree = StartLeader("echo ready; exec sleep 1000");
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => registry.SignalGroup(tree.Root, PosixSignal.SIGTERM));
        StringAssert.Contains(e.Message, $"pidfd_send_signal(SIGTERM) to process group {tree.Root.Id}: ENOSYS (seccomp");
    }

    private static void EndLeader(MarkedTree tree)
    {
        tree.Root.StandardInput.Close();
        Assert.IsTrue(tree.Root.WaitForExit(30_000));
    }

    private static MarkedTree StartLeader(string script, bool redirectInput = false)
    {
        MarkedTree tree = new(
            new ProcessStartInfo("setsid", ["/bin/sh", "-c", script]) { RedirectStandardOutput = true, RedirectStandardInput = redirectInput });
        Assert.AreEqual("ready", tree.Root.StandardOutput.ReadLine());
        return tree;
    }

    private static bool KnowsTheFlag()
    {
        Assert.AreEqual<Errno>(0, LinuxKernel.Instance.PidFdOpen(Environment.ProcessId, out SafePidFdHandle self));
        using (self)
        {
            return LinuxKernel.Instance.PidFdSignalGroup(self, 0) != Errno.EINVAL;
        }
    }
}
