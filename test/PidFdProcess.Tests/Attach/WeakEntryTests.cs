using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Linux;
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
        Assert.AreEqual(_before + Objects, TestProcesses.OpenPidFds());
        Assert.AreEqual(Objects, registry.Count);

        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(dropped) == 0, "the Process objects are collected");

        TestProcesses.WaitUntil(() => registry.Count == 0, "the entries are gone");
        ResourceCounts.WaitForPidFds(_before);
        Assert.IsFalse(child.HasExited);
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference<Process>> AttachAndDrop(ProcessHandleRegistry registry, int processId, int count)
    {
        List<WeakReference<Process>> dropped = [];
        for (int i = 0; i < count; i++)
        {
            Process process = Process.GetProcessById(processId);
            Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
            dropped.Add(new WeakReference<Process>(process));
        }

        return dropped;
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
}
