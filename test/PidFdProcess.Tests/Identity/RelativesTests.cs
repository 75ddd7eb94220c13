using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class RelativesTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly HookedKernel _kernel = new();

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public void ChildrenAndDescendants_AreOpened(bool stock, bool isOldKernel)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel);
        int before = TestProcesses.OpenPidFds();
        using PipedProcess root = StartFamily(out int child, out int grandchild);
        AssertOpened(registry, registry.GetChildren(root), child);
        AssertOpened(registry, registry.GetDescendants(root), child, grandchild);
        using Process middle = registry.Open(child);
        AssertOpened(registry, registry.GetChildren(middle), grandchild);
        using Process leaf = registry.Open(grandchild);
        Assert.IsEmpty(registry.GetDescendants(leaf));
        registry.Kill(root, entireProcessTree: true);
        registry.WaitForExit(root, -1);
        Assert.IsEmpty(registry.GetDescendants(root));
        registry.Detach(middle);
        registry.Detach(leaf);
        registry.Detach(root);
        Assert.IsLessThanOrEqualTo(before + (stock ? 0 : 3), TestProcesses.OpenPidFds());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheCallerItself_HasChildren(bool stock)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel: false);
        using Process self = Process.GetCurrentProcess();
        using Process child = TestProcesses.StartSleeper();
        Process found = registry.GetChildren(self).Single(each => each.Id == child.Id);
        Assert.AreEqual(registry.GetIdentity(child), registry.GetIdentity(found));
        child.Kill();
        child.WaitForExit();
        Assert.IsFalse(registry.GetChildren(self).Any(each => each.Id == child.Id));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheChildrenOfTheOwnParent_IncludeTheCaller(bool stock)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel: false);
        using Process self = Process.GetCurrentProcess();
        using Process parent = registry.OpenParent(self);
        Assert.IsTrue(registry.GetChildren(parent).Any(static each => each.Id == Environment.ProcessId));
    }

    [TestMethod]
    public void AZombie_IsLeftOut()
    {
        using ProcessHandleRegistry registry = new();
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process parent = registry.Open(nonChild.ParentId);
        Assert.HasCount(1, registry.GetChildren(parent));
        nonChild.KillAndWaitUntilZombie();
        Assert.IsEmpty(registry.GetChildren(parent));
    }

    [TestMethod]
    public void AChildThatIsReapedDuringTheCall_IsLeftOut()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        Assert.HasCount(1, registry.GetChildren(parent));
        _kernel.OnOpen = id =>
        {
            if (id == nonChild.Id)
            {
                nonChild.KillAndWaitUntilReaped();
            }

            return null;
        };
        Assert.IsEmpty(registry.GetChildren(parent));
    }

    [TestMethod]
    public void AChildThatCannotBeOpened_IsReported()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process parent = registry.Open(nonChild.ParentId);
        _kernel.OnOpen = id => id == nonChild.Id ? Errno.EIO : null;
        AggregateException e = Assert.ThrowsExactly<AggregateException>(() => registry.GetChildren(parent));
        StringAssert.Contains(((Win32Exception)e.InnerExceptions.Single()).Message, "EIO");
    }

    [TestMethod]
    public void WithoutProc_TheCallsAreNotSupported()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process self = Process.GetCurrentProcess();
        _kernel.OnReadStat = _ => Errno.ENOENT;
        Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.GetChildren(self));
        Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.GetDescendants(self));
        Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.WaitForTreeExitAsync(self).GetAwaiter().GetResult());
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public async Task TheWaitForATree_EndsWithItsLastProcess(bool stock, bool isOldKernel)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel);
        using PipedProcess root = StartFamily(out int child, out int grandchild);
        Task end = registry.WaitForTreeExitAsync(root);
        using Process middle = registry.Open(child);
        using Process leaf = registry.Open(grandchild);
        WaitUntilListed(end);

        // Kill the root first, then the process in the middle. The parent of the leaf is gone then.
        registry.Kill(root);
        await registry.WaitForExitAsync(root).WaitAsync(s_limit);
        registry.Kill(middle);
        await registry.WaitForExitStatusAsync(middle).WaitAsync(s_limit);
        WaitUntilListed(end);
        registry.Kill(leaf);
        await end.WaitAsync(s_limit);
        Assert.IsTrue(TestProcesses.StateOf(grandchild) is null or 'Z' && root.HasExited);
        Assert.AreEqual(137, root.ExitCode);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task TheWaitForATree_IncludesLaterDescendants(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(_kernel.Platform, stock);
        ConcurrentQueue<int> reads = [];
        _kernel.OnReadStat = id =>
        {
            reads.Enqueue(id);
            return null;
        };
        using PipedProcess root = new("echo ready; read line; sleep 1000 >/dev/null & echo $!; read line; exit 5");
        Task end = registry.WaitForTreeExitAsync(root);
        root.StandardInput.WriteLine();
        int later = int.Parse(root.ReadLine(), CultureInfo.InvariantCulture);

        // Each list reads each member once more.
        TestProcesses.WaitUntil(() => reads.Count(id => id == later) >= 5, "the later process is listed");
        using Process process = registry.Open(later);
        Assert.IsFalse(end.IsCompleted);
        root.StandardInput.WriteLine();
        await registry.WaitForExitAsync(root).WaitAsync(s_limit);
        WaitUntilListed(end);
        registry.Kill(process);
        await end.WaitAsync(s_limit);
        Assert.AreEqual(5, root.ExitCode);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task TheWaitForATreeThatHasEnded_EndsAtOnce(bool stock)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel: false);
        using Process child = TestProcesses.StartExiting(3);
        await registry.WaitForExitAsync(child).WaitAsync(s_limit);
        await registry.WaitForTreeExitAsync(child).WaitAsync(s_limit);
        Assert.AreEqual(3, child.ExitCode);
        using Process leaf = TestProcesses.StartExiting(4);
        await registry.WaitForTreeExitAsync(leaf).WaitAsync(s_limit);
        Assert.AreEqual(4, leaf.ExitCode);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ATokenEndsTheWait_AndLeavesTheTreeAlone(bool stock)
    {
        using ProcessHandleRegistry registry = CreateRegistry(stock, isOldKernel: false);
        int before = TestProcesses.OpenPidFds();
        using PipedProcess root = StartFamily(out int child, out _);
        using CancellationTokenSource cancellation = new();
        Task end = registry.WaitForTreeExitAsync(root, cancellation.Token);
        WaitUntilListed(end);
        await cancellation.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => end.WaitAsync(s_limit));
        Assert.AreEqual(cancellation.Token, e.CancellationToken);
        Assert.IsTrue(TestProcesses.StateOf(child) is not null and not 'Z');
        Assert.IsLessThanOrEqualTo(before + (stock ? 0 : 1), TestProcesses.OpenPidFds());
        registry.Kill(root, entireProcessTree: true);
        registry.WaitForExit(root, -1);
    }

    [TestMethod]
    public async Task DisposingTheRegistry_EndsTheWait()
    {
        ProcessHandleRegistry registry = new();
        using PipedProcess root = StartFamily(out _, out _);
        Task end = registry.WaitForTreeExitAsync(root);
        WaitUntilListed(end);
        registry.Dispose();
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => end.WaitAsync(s_limit));
        root.Kill(entireProcessTree: true);
        root.WaitForExit();
    }

    [TestMethod]
    public async Task WaitForTreeExit_OfATreeWithTheCaller_IsRefused()
    {
        using ProcessHandleRegistry registry = new();
        using Process self = Process.GetCurrentProcess();
        using Process parent = ProcessHandleRegistry.OpenParent();
        foreach (Process process in new[] { self, parent })
        {
            InvalidOperationException e = await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => registry.WaitForTreeExitAsync(process));
            StringAssert.Contains(e.Message, $"process {process.Id} ", StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public async Task AnObjectWithoutAProcess_IsRefused()
    {
        using ProcessHandleRegistry registry = new();
        using Process process = new();
        Assert.ThrowsExactly<InvalidOperationException>(() => registry.GetChildren(process));
        Assert.ThrowsExactly<ArgumentNullException>(() => registry.GetDescendants(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = registry.WaitForTreeExitAsync(null!); });
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => registry.WaitForTreeExitAsync(process));
    }

    private static PipedProcess StartFamily(out int child, out int grandchild)
    {
        // The shell in the middle prints its own PID and that of its child.
        PipedProcess root = new("sh -c 'echo $$; sleep 1000 >/dev/null & echo $!; wait' & wait");
        child = int.Parse(root.FirstLine, CultureInfo.InvariantCulture);
        grandchild = int.Parse(root.ReadLine(), CultureInfo.InvariantCulture);
        return root;
    }

    // Waits longer than the longest pause between two lists, and checks that the wait for the tree goes on.
    private static void WaitUntilListed(Task end)
    {
        Assert.IsFalse(end.Wait(100));
    }

    private static void AssertOpened(ProcessHandleRegistry registry, Process[] processes, params int[] ids)
    {
        CollectionAssert.AreEqual(ids, Array.ConvertAll(processes, process => process.Id));
        foreach (Process process in processes)
        {
            ProcessAttachment attachment = registry.Attach(process);
            Assert.AreEqual(registry.Support.IsSupported ? ProcessRoute.PidFd : ProcessRoute.Stock, attachment.Route, attachment.Reason);
            registry.Detach(process);
            process.Dispose();
        }
    }

    private static ProcessHandleRegistry CreateRegistry(bool stock, bool isOldKernel) =>
        stock ? StockSwitch.CreateRegistry() : TestRegistry.On((isOldKernel ? new HookedKernel().WithoutInfo() : new HookedKernel()).Platform);
}
