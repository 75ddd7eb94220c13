using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

/// <summary>The list of relatives while processes, descriptors or the registry go away.</summary>
[TestClass]
public sealed class RelativesErrorTests
{
    private const int MaxMoments = 100;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly HookedKernel _kernel = new();

    [TestMethod]
    public void AChild_ThatIsReapedAtAnyMoment_FailsNoCall_AndLeavesNoPidFd()
    {
        bool isReaped;
        int moment = 0;
        do
        {
            using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
            using NonChildProcess nonChild = NonChildProcess.StartReaped();
            using Process parent = registry.Open(nonChild.ParentId);
            int before = TestProcesses.OpenPidFds();
            int calls = 0;
            moment++;
            _kernel.OnSignal = (_, _) =>
            {
                if (++calls == moment)
                {
                    nonChild.KillAndWaitUntilReaped();
                }

                return null;
            };
            Process[] children = registry.GetChildren(parent);
            isReaped = calls >= moment;
            Assert.IsLessThanOrEqualTo(isReaped ? before : before + 1, TestProcesses.OpenPidFds());
            Assert.HasCount(isReaped ? 0 : 1, children, $"moment {moment}");
            Array.ForEach(children, registry.Kill);
        }
        while (isReaped && moment < MaxMoments);
        Assert.IsFalse(isReaped);
        Assert.IsGreaterThan(2, moment);
    }

    [TestMethod]
    public void TheChildrenOfAThreadThatEndsDuringTheList_AreListedAgain()
    {
        RequireChildrenFiles();
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        int reads = 0;
        _kernel.ChangeStat = stat => stat with { Threads = 2 };
        _kernel.OnReadChildren = (id, _) => id == nonChild.ParentId && ++reads == 1 ? Errno.ENOENT : null;
        Process[] children = registry.GetChildren(parent);
        Assert.AreEqual(nonChild.Id, children.Single().Id);
        registry.Kill(children[0]);
    }

    /// <summary>The kernel gives them to the first thread before the file of the thread is gone.</summary>
    [TestMethod]
    public void TheChildrenThatTheFirstThreadGetsDuringTheList_AreListed()
    {
        const int Ending = int.MaxValue;
        RequireChildrenFiles();
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        bool isHandedOver = false;
        _kernel.ChangeStat = stat => stat with { Threads = 2 };
        _kernel.ChangeThreads = (id, threads) => threads.Add(id == nonChild.ParentId ? Ending : id);
        _kernel.OnReadChildren = (_, thread) =>
        {
            isHandedOver |= thread == Ending;
            return thread == Ending ? 0 : null;
        };
        _kernel.ChangeChildren = (id, children) =>
        {
            if (id == nonChild.ParentId && !isHandedOver)
            {
                children.Clear();
            }
        };
        Process[] children = registry.GetChildren(parent);
        Assert.AreEqual(nonChild.Id, children.Single().Id);
        registry.Kill(children[0]);
    }

    [TestMethod]
    public void OnTheStockRoute_AStrangerThatGetsThePidDuringTheCall_IsLeftOut()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(_kernel.Platform, stock: true);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        int reads = 0;
        int last = int.MaxValue;
        _kernel.ChangeStat = stat =>
            stat.ParentId == nonChild.ParentId && ++reads == last ? stat with { StartTicks = stat.StartTicks + 1 } : stat;
        Assert.HasCount(1, registry.GetChildren(parent));
        int count = registry.Count;

        // The last read is the check of the object.
        (last, reads) = (reads, 0);
        Assert.IsEmpty(registry.GetChildren(parent));
        Assert.AreEqual((last, count), (reads, registry.Count));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void OnTheStockRoute_AStrangerThatGetsThePidOfTheRootDuringTheCall_HasNoRelatives(bool all)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(_kernel.Platform, stock: true);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        int read = 0;
        bool isRecycled = false;
        _kernel.OnReadStat = id =>
        {
            // The call reads its own file after its last look at the run.
            isRecycled |= id == Environment.ProcessId;
            read = id;
            return null;
        };
        _kernel.ChangeStat = stat => isRecycled && read == parent.Id ? stat with { StartTicks = stat.StartTicks + 1 } : stat;
        Assert.IsEmpty(all ? registry.GetDescendants(parent) : registry.GetChildren(parent));
        Assert.IsTrue(isRecycled);
    }

    [TestMethod]
    public void TheEndOfTheRegistry_DuringTheCall_LeavesNoPidFd()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = Process.GetProcessById(nonChild.ParentId);
        int before = TestProcesses.OpenPidFds();
        registry.Attach(parent);
        _kernel.OnOpen = id =>
        {
            registry.Dispose();
            return null;
        };
        Assert.ThrowsExactly<ObjectDisposedException>(() => registry.GetChildren(parent));
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    public void AChildThatProcHides_IsOpened_BecauseItsPidFdTellsItsParent()
    {
        ReapedStatus.Require();
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        _kernel.OnReadStat = id => id == nonChild.Id ? Errno.EACCES : null;
        Process child = registry.GetChildren(parent).Single();
        Assert.AreEqual(nonChild.Id, child.Id);
        child.Dispose();
    }

    [TestMethod]
    public void KillDescendants_WithoutProc_IsNotSupported()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        _kernel.OnReadStat = static _ => Errno.ENOENT;
        PlatformNotSupportedException e = Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.KillDescendants(child));
        StringAssert.StartsWith(e.Message, $"The descendants of process {child.Id} cannot be listed: /proc: ENOENT");
        Assert.IsFalse(child.HasExited);
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    public async Task TheWaitForATree_WithoutEpollWatches_EndsWithTheTree()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        _kernel.OnEpollAdd = static () => Errno.ENOSPC;
        using Process child = TestProcesses.StartSleeper();
        Task end = registry.WaitForTreeExitAsync(child);
        Assert.IsFalse(end.IsCompleted);
        registry.Kill(child);
        await end.WaitAsync(s_limit);
        Assert.AreEqual(137, child.ExitCode);
        Assert.IsEmpty(child.GetDescendantsViaPidFd());
    }

    private void RequireChildrenFiles()
    {
        if (!new ProcChildren(_kernel).UseChildrenFiles)
        {
            Assert.Inconclusive("This kernel has no children files.");
        }
    }
}
