using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>If a part of the tree cannot be killed or found, the rest is killed, and no process stays stopped.</summary>
[TestClass]
public sealed class TreeFailureTests
{
    private const int SigKill = (int)Signum.SIGKILL;
    private const int SigStop = (int)Signum.SIGSTOP;

    [TestMethod]
    public void AMemberThatMayNotBeSignalled_IsNamedAndTheOthersDie()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; sleep 1000 & sleep 1000");
        int immune = tree.ReadId();
        tree.WaitForCount(4);
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == immune ? Errno.EPERM : null;
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        Win32Exception inner = (Win32Exception)e.InnerExceptions.Single();
        Assert.AreEqual((int)Errno.EPERM, inner.NativeErrorCode);
        StringAssert.Contains(inner.Message, immune.ToString(CultureInfo.InvariantCulture));
        tree.AssertAlive(immune);
        TestProcesses.WaitUntilAsleep(immune);
    }

    [TestMethod]
    public void Kill_ByAnotherUser_KillsTheMemberOfThatUserAlone()
    {
        OtherUser.Require();
        if (!File.Exists("/usr/bin/setpriv") && !File.Exists("/bin/setpriv"))
        {
            Assert.Inconclusive("setpriv(1) is missing.");
        }

        // The caller is of another user, too, so it may signal only the member of that user.
        using MarkedTree tree = new(
            $"setpriv --reuid {OtherUser.Id} --clear-groups sleep 1000 & echo $!; sleep 1000 & echo $!; wait");
        int own = tree.ReadId();
        int roots = tree.ReadId();
        TestProcesses.WaitUntil(() => File.ReadAllText($"/proc/{own}/comm") == "sleep\n", "setpriv has become the sleeper");
        OtherUser.Run(() =>
        {
            AggregateException e = Assert.ThrowsExactly<AggregateException>(() => tree.Root.KillViaPidFd(entireProcessTree: true));
            Assert.HasCount(2, e.InnerExceptions);
        });
        TestProcesses.WaitUntil(() => tree.Alive().Count == 2, "two are left");
        tree.AssertAlive(tree.Root.Id, roots);
        Assert.AreNotEqual('T', ProcessTable.StateOf(tree.Root.Id));
    }

    [TestMethod]
    public void AMemberThatMayNotBeStoppedAndForksForEver_DoesNotHoldUpTheKill()
    {
        // Each look at the tree gives the immune root one more child.
        using MarkedTree tree = new("while read x; do sleep 1000 & echo $!; done; sleep 1000", redirectInput: true);
        int passes = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == tree.Root.Id ? Errno.EPERM : null;
        kernel.OnReadStat = id =>
        {
            if (id == 1 && passes++ < 300)
            {
                tree.Root.StandardInput.WriteLine();
                tree.Root.StandardInput.Flush();
                tree.ReadId();
            }

            return null;
        };
        Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = false }));
        Assert.IsLessThan(300, passes);

        // The root, and the child that it got during the last look.
        TestProcesses.WaitUntil(() => tree.Alive().Count <= 2, "the others die");
        Assert.Contains(tree.Root.Id, tree.Alive());
    }

    [TestMethod]
    [DataRow(Errno.EMFILE, 0)]
    [DataRow(Errno.EMFILE, 2)]
    [DataRow(Errno.ENFILE, 5)]
    [DataRow(Errno.ENOMEM, 9)]
    internal void OutOfDescriptors_LeavesNoProcessStopped(Errno error, int after)
    {
        using MarkedTree tree = new("i=0; while [ $i -lt 10 ]; do sleep 1000 & i=$((i + 1)); done; wait");
        tree.WaitForCount(11);
        int before = TestProcesses.OpenPidFds();
        int opened = 0;
        HookedKernel kernel = new() { OnOpen = _ => opened++ < after ? null : error };
        AggregateException all = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        Assert.HasCount(10 - after, all.InnerExceptions);
        Win32Exception e = (Win32Exception)all.InnerExceptions[0];
        Assert.AreEqual((int)error, e.NativeErrorCode);
        StringAssert.Contains(e.Message, error.ToString());
        StringAssert.Contains(e.Message, tree.Root.Id.ToString(CultureInfo.InvariantCulture));
        tree.Root.WaitForExit();
        TestProcesses.WaitUntil(() => tree.Alive().Count == 10 - after, "those that were found are killed");
        Assert.IsFalse(tree.Alive().Exists(id => ProcessTable.StateOf(id) == 'T'));
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    public void Kill_WhenThePidOfADescendantIsRecycled_SparesTheStranger()
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; sleep 1000 & wait");
        int victim = tree.ReadId();
        tree.WaitForCount(3);
        Process? stranger = null;
        try
        {
            HookedKernel kernel = new()
            {
                OnSignal = tree.LetRootReap,
                OnOpen = id =>
                {
                    if (id == victim && stranger is null)
                    {
                        Native.KillByPid(victim);
                        TestProcesses.WaitUntil(() => ProcessTable.StateOf(victim) is null, "the child is gone");
                        stranger = RecycledPid.Start(victim);
                    }

                    return null;
                },
            };
            TreeKillTests.Kill(tree, kernel);
            Assert.IsNotNull(stranger);
            tree.AssertNoSurvivor();
            Assert.IsFalse(stranger.HasExited);
            TestProcesses.WaitUntilAsleep(victim);
        }
        finally
        {
            stranger?.Kill();
            stranger?.WaitForExit();
            stranger?.Dispose();
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_WhenANewDescendantHasThePidOfAFormerOne_KillsIt(bool childrenFiles)
    {
        RecycledPid.Require();
        using Fifo fifo = new();
        using MarkedTree tree = new($"sleep 1000 & echo $!; ({fifo.Wait}; sleep 1000 & wait) & wait");
        int former = tree.ReadId();
        tree.WaitForCount(3);
        bool done = false;
        bool isRecycled = false;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) =>
        {
            if (!done && signal == SigStop && HookedKernel.ProcessIdOf(pidFd) == former)
            {
                done = true;
                Native.KillByPid(former);
                TestProcesses.WaitUntil(() => ProcessTable.StateOf(former) is null, "the child is gone");
                PidRecycler.SetNext(former);
                fifo.Open();
                tree.WaitForCount(3);
                isRecycled = tree.Alive().Contains(former);
            }

            return tree.LetRootReap(pidFd, signal);
        };
        TreeKillTests.Kill(tree, kernel, childrenFiles ? null : new ProcChildren(kernel) { UseChildrenFiles = false });
        Assert.IsTrue(done);
        tree.AssertNoSurvivor();
        if (!isRecycled)
        {
            Assert.Inconclusive("Another process was faster to get the PID.");
        }
    }

    [TestMethod]
    public void AListFromWhichAProcessVanished_IsNotTheLast()
    {
        // The kernel may leave out a child while another child on its list ends. Here the second is left out until the first has ended.
        using MarkedTree tree = new("sleep 1000 & echo $!; sleep 1000 & echo $!; wait");
        int first = tree.ReadId();
        int second = tree.ReadId();
        int passes = 0;
        HookedKernel kernel = new()
        {
            OnSignal = tree.LetRootReap,
            OnReadStat = id =>
            {
                passes += id == 1 ? 1 : 0;
                return (id == first && passes < 3) || (id == second && ProcessTable.StateOf(first) is not null) ? Errno.ENOENT : null;
            },
            OnOpen = id =>
            {
                if (id == first)
                {
                    Native.KillByPid(first);
                    TestProcesses.WaitUntil(() => ProcessTable.StateOf(first) is null, "the first is gone");
                }

                return null;
            },
        };
        TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = false });
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_OfAParentThatOrphansAGroup_WakesNoStoppedMember()
    {
        // timeout(1) makes a process group of its own. The death of the shell orphans the group, and the kernel continues its stopped members.
        using MarkedTree tree = new("timeout 1000 sleep 1000 & echo $!; wait");
        int leader = tree.ReadId();
        TestProcesses.WaitUntil(
            () => tree.Alive().Count(static id => ProcessTable.NameOf(id) is "timeout" or "sleep") == 2, "timeout(1) has started sleep(1)");
        if (ProcessTable.FieldsOf(leader)![2] != leader.ToString(CultureInfo.InvariantCulture))
        {
            Assert.Inconclusive("This timeout(1) stays in the process group of its parent.");
        }

        int looks = 0;
        HookedKernel kernel = new();
        kernel.OnSignal = (pidFd, signal) =>
        {
            if (signal != SigKill)
            {
                return null;
            }

            // After each kill the others get all the time they need to do something.
            Errno error = LinuxKernel.Instance.PidFdSendSignal(pidFd, signal);
            LinuxKernel.Instance.Poll(pidFd, 60_000, out _);
            looks++;
            TestProcesses.WaitUntil(
                () => tree.Alive().TrueForAll(static id => ProcessTable.StateOf(id) is 'T' or 'Z' or null), "all others are stopped");
            return error;
        };
        TreeKillTests.Kill(tree, kernel);
        Assert.AreEqual(3, looks);
        tree.AssertNoSurvivor();
    }
}
