using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>Entries hold no Process object alive, and go with it.</summary>
[TestClass]
public sealed class WeakEntryTests
{
    private int _before;

    [TestInitialize]
    public void CountPidFds() => _before = ResourceCounts.PidFdBaseline();

    [TestMethod]
    public void AnUnreferencedProcess_IsCollected_AndItsPidFdIsClosed()
    {
        const int Objects = 20;
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        List<WeakReference<Process>> dropped = AttachAndDrop(registry, child.Id, Objects);

        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(dropped) == 0, "the Process objects are collected");

        TestProcesses.WaitUntil(() => registry.Count == 0, "the entries are gone");
        ResourceCounts.WaitForPidFds(_before);
        Assert.IsFalse(child.HasExited);
        child.Kill();
    }

    /// <summary>A class that derives from Process has a finalizer, so its entry outlives the first collection. The pidfd is closed by then.</summary>
    [TestMethod]
    public void ARegistry_AfterTheFirstCollectionOfItsObjects_IsDisposed()
    {
        ProcessHandleRegistry registry = new();
        int id = StartAndDrop(registry);
        ResourceCounts.CollectOnce();
        registry.Dispose();
        Assert.AreEqual(_before, TestProcesses.OpenPidFds());
        Native.KillByPid(id);
    }

    /// <summary>A program may kill its process in a finalizer. If the pidfd was closed, the PID could be that of another process.</summary>
    [TestMethod]
    public void TheFinalizersOfTheProgram_FindThePidFdOpen()
    {
        const int Owners = 20;
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        Owner.Found.Clear();
        DropOwners(registry, child.Id, Owners);
        ResourceCounts.Collect();
        CollectionAssert.AreEqual(Enumerable.Repeat(true, Owners).ToArray(), Owner.Found);
        child.Kill();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AProcess_ThatAFinalizerHasKept_CanBeUsed(bool isDetached)
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        DropKeeper(registry, child.Id);
        ResourceCounts.CollectOnce();
        using Process kept = Keeper.Kept!;
        Keeper.Kept = null;
        if (isDetached)
        {
            Assert.IsTrue(registry.Detach(kept));
        }

        registry.Kill(kept);
        child.WaitForExit();
        Assert.AreEqual(137, child.ExitCode);
    }

    [TestMethod]
    public void AnUnreferencedProcess_AfterAWaitForTheFirst_IsCollected_AndItsPidFdIsClosed()
    {
        const int Objects = 20;
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        List<WeakReference<Process>> dropped = [.. Enumerable.Range(0, Objects).Select(_ => WaitForTheFirstAndDrop(registry, child.Id))];

        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(dropped) == 0, "the Process objects are collected");

        ResourceCounts.Collect();
        ResourceCounts.WaitForPidFds(_before);
        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count <= watches, "the event loop watches none of them");
        Assert.IsFalse(child.HasExited);
        child.Kill();
    }

    [TestMethod]
    public async Task AReferencedProcess_BetweenTwoWaitsForTheFirst_StaysWatched()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        await WaitForTheFirstAndDetachAsync(registry, child);

        ResourceCounts.Collect();

        Assert.AreEqual(watches + 1, PidFdPlatform.Shared.EventLoop.Count);
        Task<Process> next = registry.WhenAnyExitAsync([child]);
        child.Kill();
        Assert.AreSame(child, await next.WaitAsync(Waiting.Limit));
    }

    /// <summary>The shared wait of the first call ends with the second, so that the third makes another one.</summary>
    [TestMethod]
    public async Task AReferencedProcess_WhoseSharedWaitWasReplaced_KeepsItsPidFd_AfterACollection()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        await WaitForTheFirstAndDetachAsync(registry, child);
        using (CancellationTokenSource source = new())
        {
            Task<Process> wait = registry.WhenAnyExitAsync([child], source.Token);
            await source.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
        }

        await WaitForTheFirstAndDetachAsync(registry, child);
        ResourceCounts.WaitForPidFds(_before + 1);

        ResourceCounts.Collect();

        TestProcesses.WaitUntil(() => ThreadPool.PendingWorkItemCount == 0, "what the finalizers have queued has run");
        Assert.AreEqual(_before + 1, TestProcesses.OpenPidFds());
        registry.Kill(child);
        child.WaitForExit();
    }

    [TestMethod]
    public async Task AReferencedProcess_AfterACancelledWaitForTheFirst_IsNotWatched()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        using CancellationTokenSource source = new();
        Task<Process> wait = registry.WhenAnyExitAsync([child], source.Token);
        Assert.AreEqual(watches + 1, PidFdPlatform.Shared.EventLoop.Count);

        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait);

        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count <= watches, "the event loop does not watch it");
        child.Kill();
    }

    [TestMethod]
    public void AReferencedProcess_AfterACollection_KeepsItsEntry()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        ProcessAttachment attachment = registry.Attach(child);

        ResourceCounts.Collect();

        Assert.AreSame(attachment, registry.Attach(child));
        Assert.AreEqual(_before + 1, TestProcesses.OpenPidFds());
        registry.Kill(child);
        Assert.IsTrue(registry.WaitForExit(child, (int)Waiting.Limit.TotalMilliseconds));
    }

    [TestMethod]
    public void AReferencedAttachment_LetsItsProcessBeCollected()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        (WeakReference<Process> process, ProcessAttachment attachment) = AttachAndDrop(registry, child.Id);

        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount([process]) == 0, "the Process object is collected");

        Assert.AreEqual(child.Id, attachment.ProcessId);
        child.Kill();
    }

    [TestMethod]
    public void ADuplicate_AfterTheProcessObjectIsCollected_StillSignals()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        (WeakReference<Process> process, SafePidFdHandle duplicate) = DuplicateAndDrop(registry, child.Id);

        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount([process]) == 0, "the Process object is collected");

        ResourceCounts.WaitForPidFds(_before + 1);
        Assert.IsFalse(duplicate.IsClosed);
        Assert.AreEqual<Errno>(0, LinuxKernel.Instance.PidFdSendSignal(duplicate, 9));
        child.WaitForExit();
        Assert.AreEqual(137, child.ExitCode);
        duplicate.Dispose();
        ResourceCounts.WaitForPidFds(_before);
    }

    [TestMethod]
    [DataRow(Closing.DisposeProcess)]
    [DataRow(Closing.CloseProcess)]
    [DataRow(Closing.Detach)]
    public void Count_LeavesOutClosedObjects(Closing closing)
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        using Process first = registry.Open(child.Id);
        using Process second = registry.Open(child.Id);
        Assert.AreEqual(2, registry.Count);

        Waiting.Act(closing, registry, first);

        Assert.AreEqual(1, registry.Count);
        Assert.IsFalse(registry.TryGetAttachment(first, out _));
        Assert.IsTrue(registry.TryGetAttachment(second, out _));
        child.Kill();
    }

    private static async Task WaitForTheFirstAndDetachAsync(ProcessHandleRegistry registry, Process other)
    {
        using Process first = TestProcesses.StartSleeper();
        Task<Process> wait = registry.WhenAnyExitAsync([other, first]);
        first.Kill();
        Assert.AreSame(first, await wait.WaitAsync(Waiting.Limit));
        first.WaitForExit();
        registry.Detach(first);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<WeakReference<Process>> AttachAndDrop(ProcessHandleRegistry registry, int processId, int count)
    {
        List<Process> processes = [.. Enumerable.Range(0, count).Select(_ => Process.GetProcessById(processId))];
        processes.ForEach(process => Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route));
        Assert.AreEqual(_before + count, TestProcesses.OpenPidFds());
        Assert.AreEqual(count, registry.Count);
        return processes.ConvertAll(static process => new WeakReference<Process>(process));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int StartAndDrop(ProcessHandleRegistry registry)
    {
        DerivedProcess process = new() { StartInfo = new ProcessStartInfo("sleep", "1000") };
        registry.Start(process);
        return process.Id;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropOwners(ProcessHandleRegistry registry, int processId, int count)
    {
        List<Process> processes = [.. Enumerable.Range(0, count).Select(_ => registry.Open(processId))];
        List<Owner> owners = processes.ConvertAll(process => new Owner(process, registry));

        // The finalizers of objects that live longer run in another order.
        GC.Collect();
        GC.KeepAlive(owners);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DropKeeper(ProcessHandleRegistry registry, int processId) => GC.KeepAlive(new Keeper(registry.Open(processId)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Process> WaitForTheFirstAndDrop(ProcessHandleRegistry registry, int processId)
    {
        Process process = Process.GetProcessById(processId);
        using Process first = TestProcesses.StartSleeper();
        Task<Process> wait = registry.WhenAnyExitAsync([process, first]);
        first.Kill();
        Assert.AreSame(first, wait.GetAwaiter().GetResult());
        first.WaitForExit();
        registry.Detach(first);
        return new WeakReference<Process>(process);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference<Process> Process, ProcessAttachment Attachment) AttachAndDrop(
        ProcessHandleRegistry registry, int processId)
    {
        Process process = registry.Open(processId);
        return (new WeakReference<Process>(process), registry.Attach(process));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference<Process> Process, SafePidFdHandle Duplicate) DuplicateAndDrop(
        ProcessHandleRegistry registry, int processId)
    {
        Process process = registry.Open(processId);
        Assert.IsTrue(registry.TryGetPidFd(process, out SafePidFdHandle? duplicate));
        return (new WeakReference<Process>(process), duplicate);
    }

    private sealed class DerivedProcess : Process;

    private sealed class Owner(Process process, ProcessHandleRegistry registry)
    {
        public static List<bool> Found { get; } = [];

        ~Owner()
        {
            bool isOpen = registry.TryGetAttachment(process, out ProcessAttachment? attachment) && attachment.Handle!.TryAddRef();
            Found.Add(isOpen);
            if (isOpen)
            {
                attachment!.Handle!.Release();
            }
        }
    }

    private sealed class Keeper(Process process)
    {
        public static Process? Kept { get; set; }

        ~Keeper() => Kept = process;
    }
}
