using System.ComponentModel;
using System.Globalization;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>An errno that does not mean that a process is gone is an error. It is reported after all other members were killed.</summary>
[TestClass]
public sealed class TreeErrnoTests
{
    private const string Script = "sh -c 'sleep 1000 & echo $$; wait' & wait";

    [TestMethod]
    [DataRow(Errno.EIO)]
    [DataRow(Errno.ENOMEM)]
    [DataRow(Errno.EMFILE)]
    internal void Kill_WhenTheChildrenOfAMemberCannotBeRead_KillsTheOthersAndNamesIt(Errno error)
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnReadChildren = (id, _) => id == parent ? error : null };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        AssertNames(e, error, parent, $"/proc/{parent}/task/*/children");
        TestProcesses.WaitUntil(() => tree.Alive().Count == 1, "all but the grandchild die");
    }

    [TestMethod]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.ESRCH)]
    [DataRow(Errno.EACCES)]
    [DataRow(Errno.EPERM)]
    internal void Kill_WhenTheChildrenOfAMemberAreGoneOrHidden_ReportsNothing(Errno error)
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnReadChildren = (id, _) => id == parent ? error : null };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel));
        TestProcesses.WaitUntil(() => tree.Alive().Count == 1, "all but the grandchild die");
    }

    [TestMethod]
    public void Kill_WhenTheChildrenOfAMemberCanBeReadTheSecondTime_KillsAllAndReportsNothing()
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        int reads = 0;
        HookedKernel kernel = new() { OnReadChildren = (id, _) => id == parent && reads++ == 0 ? Errno.EIO : null };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel));
        Assert.IsGreaterThan(1, reads);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(Errno.EIO)]
    [DataRow(Errno.EMFILE)]
    internal void Kill_WhenProcCannotBeListed_KillsTheRootAndSaysSo(Errno error)
    {
        using MarkedTree tree = new(Script);
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnListProcesses = () => error };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(
            () => TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = false }));
        AssertNames(e, error, tree.Root.Id, "/proc");
        TestProcesses.WaitUntil(() => tree.Alive().Count == 2, "the root dies");
    }

    [TestMethod]
    [DataRow(Errno.EIO, true)]
    [DataRow(Errno.EIO, false)]
    [DataRow(Errno.EMFILE, true)]
    internal void Kill_WhenTheStatOfADescendantCannotBeRead_NamesIt(Errno error, bool childrenFiles)
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnReadStat = id => id == parent ? error : null, HidesParents = true };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(
            () => TreeKillTests.Kill(tree, kernel, new ProcChildren(kernel) { UseChildrenFiles = childrenFiles }));
        AssertNames(e, error, childrenFiles ? parent : tree.Root.Id, childrenFiles ? $"/proc/{parent}/stat" : "/proc");
        TestProcesses.WaitUntil(() => tree.Alive().Count == 2, "the root dies");
    }

    [TestMethod]
    public void Kill_WhenThePidFdTellsTheParentOfADescendant_NeedsNoStat()
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnReadStat = id => id == parent ? Errno.EIO : null };
        RequireParents(kernel, parent);
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel));
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    public void Kill_WhenADescendantIsHiddenAndRefuses_NamesIt()
    {
        // As with hidepid and a set-user-ID program.
        using MarkedTree tree = new("sh -c 'echo $$; exec sleep 1000' & wait");
        int hidden = tree.ReadId();
        tree.WaitForCount(2);
        HookedKernel kernel = new()
        {
            OnReadStat = id => id == hidden ? Errno.EACCES : null,
            OnSignal = (pidFd, signal) => signal != 0 && HookedKernel.ProcessIdOf(pidFd) == hidden ? Errno.EPERM : null,
        };
        RequireParents(kernel, hidden);
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        StringAssert.StartsWith(e.InnerExceptions.Single().Message, $"pidfd_send_signal(SIGKILL) to process {hidden}: EPERM");
    }

    [TestMethod]
    [DataRow(Errno.EIO)]
    [DataRow(Errno.EMFILE)]
    internal void Kill_WhenItsOwnAncestorsCannotBeRead_KillsNoProcess(Errno error)
    {
        using MarkedTree tree = new(Script);
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnReadStat = id => id == Environment.ProcessId ? error : null };
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => TreeKillTests.Kill(tree, kernel));
        Assert.AreEqual((int)error, e.NativeErrorCode);
        Assert.HasCount(3, tree.Alive());
    }

    [TestMethod]
    public void Kill_WhenAnAncestorOfTheCallerIsHidden_KillsTheTree()
    {
        using MarkedTree tree = new(Script);
        tree.WaitForCount(3);
        int ancestor = TestProcesses.ParentOf(Environment.ProcessId)!.Value;
        HookedKernel kernel = new() { OnReadStat = id => id == ancestor ? Errno.EACCES : null };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel));
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOENT)]
    internal void Kill_WhenADescendantCannotBeOpenedAtFirst_LooksAgain(Errno error)
    {
        // Before Linux 6.15, this is the answer for a process that is just being reaped.
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        int opens = 0;
        HookedKernel kernel = new() { OnOpen = id => id == parent && opens++ < 2 ? error : null };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel));
        Assert.IsGreaterThanOrEqualTo(3, opens);
        tree.AssertNoSurvivor();
    }

    [TestMethod]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.EACCES)]
    [DataRow(Errno.EPERM)]
    [DataRow(Errno.EIO)]
    internal void Kill_WhenADescendantCannotBeOpenedAtAll_KillsTheRootAndNamesIt(Errno error)
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = new() { OnOpen = id => id == parent ? error : null };
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => TreeKillTests.Kill(tree, kernel));
        AssertNames(e, error, parent, "pidfd_open");
        TestProcesses.WaitUntil(() => tree.Alive().Count == 2, "the root dies");
        Assert.IsFalse(tree.Alive().Exists(id => TestProcesses.StateOf(id) == 'T'));
    }

    [TestMethod]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.EIO)]
    internal void Kill_WhenADescendantThatCannotBeOpenedIsGone_ReportsNothing(Errno error)
    {
        using MarkedTree tree = new(Script);
        int parent = tree.ReadId();
        tree.WaitForCount(3);
        HookedKernel kernel = new()
        {
            OnSignal = tree.LetRootReap,
            OnOpen = id =>
            {
                if (id != parent)
                {
                    return null;
                }

                Shared.Native.KillByPid(parent);
                TestProcesses.WaitUntil(() => TestProcesses.StateOf(parent) is null or 'Z', "the descendant is gone");
                return error;
            },
        };
        Assert.AreEqual((Errno)0, TreeKillTests.Kill(tree, kernel));
    }

    private static void RequireParents(HookedKernel kernel, int processId)
    {
        Assert.AreEqual((Errno)0, kernel.PidFdOpen(processId, out SafePidFdHandle pidFd));
        using (pidFd)
        {
            if (kernel.PidFdGetParent(pidFd, out _) != 0)
            {
                Assert.Inconclusive("A pidfd tells no parent (Linux older than 6.13).");
            }
        }
    }

    private static void AssertNames(AggregateException e, Errno error, int processId, string call)
    {
        Assert.AreEqual("Not all processes in process tree could be terminated.", e.Message[..e.Message.IndexOf(" (", StringComparison.Ordinal)]);
        Win32Exception inner = e.InnerExceptions.OfType<Win32Exception>()
            .First(each => each.Message.StartsWith(call + " ", StringComparison.Ordinal));
        Assert.AreEqual((int)error, inner.NativeErrorCode);
        StringAssert.Contains(inner.Message, error.ToString());
        StringAssert.Contains(inner.Message, processId.ToString(CultureInfo.InvariantCulture));
    }
}
