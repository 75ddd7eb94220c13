using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>Attachments that the app neither waits for nor lets the garbage collector collect. Every object here stays referenced.</summary>
[TestClass]
public sealed class SweepTests
{
    // AttachmentSweep.MinimumBetween. So many attachments start a sweep if the last sweep left few entries.
    private const int BetweenSweeps = 256;

    private int _before;

    [TestInitialize]
    public void CountPidFds() => _before = ResourceCounts.PidFdBaseline();

    [TestMethod]
    public void Sweeps_WhileManyObjectsAreClosed_BoundTheOpenPidFds()
    {
        const int Rounds = 10;
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        List<Process> closed = [];
        for (int round = 0; round < Rounds; round++)
        {
            OpenAndClose(registry, child.Id, BetweenSweeps, closed);

            // A sweep may begin late. The attachments that it does not find count for the next sweep.
            ResourceCounts.WaitForPidFds(_before + BetweenSweeps);
        }

        Assert.HasCount(Rounds * BetweenSweeps, closed);
        Assert.AreEqual(0, registry.Count);

        // The last sweep may have missed some.
        registry.Dispose();
        ResourceCounts.WaitForPidFds(_before);
        child.Kill();
    }

    [TestMethod]
    public void AfterManyWereClosed_TheNextSweepComesNoLater()
    {
        const int Many = 3 * BetweenSweeps;
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        List<Process> open = [.. Enumerable.Range(0, Many).Select(_ => registry.Open(child.Id))];
        Assert.IsGreaterThanOrEqualTo(_before + Many, TestProcesses.OpenPidFds());
        open.ForEach(static process => process.Dispose());

        List<Process> closed = [];
        OpenAndClose(registry, child.Id, Many, closed);
        ResourceCounts.WaitForPidFds(_before + BetweenSweeps);
        OpenAndClose(registry, child.Id, 2 * BetweenSweeps, closed);
        ResourceCounts.WaitForPidFds(_before + BetweenSweeps);
        Assert.HasCount(Many, open);
        Assert.HasCount(Many + (2 * BetweenSweeps), closed);
        child.Kill();
    }

    [TestMethod]
    public void ASweep_AfterChildrenHaveExited_ClosesTheirPidFds()
    {
        using ProcessHandleRegistry registry = new();
        List<Process> exited = [];
        for (int i = 0; i < BetweenSweeps - 1; i++)
        {
            Process child = TestProcesses.StartSleeper();
            exited.Add(child);
            Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(child).Route);
            child.Kill();
        }

        exited.ForEach(static child => child.WaitForExit());
        Assert.AreEqual(_before + BetweenSweeps - 1, TestProcesses.OpenPidFds());

        using Process running = TestProcesses.StartSleeper();
        registry.Attach(running);

        ResourceCounts.WaitForPidFds(_before + 1);
        Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(running).Route);
        Assert.AreEqual(ProcessRoute.Stock, registry.Attach(exited[0]).Route);
        Assert.IsTrue(exited.TrueForAll(static child => child.ExitCode == 137));
        running.Kill();
        exited.ForEach(static child => child.Dispose());
    }

    [TestMethod]
    public void ASweep_ComesEarlier_IfDescriptorsAreShort()
    {
        const int Few = BetweenSweeps / 16;
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        List<Process> exited = [.. Enumerable.Range(0, Few).Select(static _ => TestProcesses.StartSleeper())];
        exited.ForEach(child => registry.Attach(child));
        exited.ForEach(static child => child.Kill());
        exited.ForEach(static child => child.WaitForExit());
        Assert.AreEqual(_before + Few, TestProcesses.OpenPidFds());

        kernel.OpensHighNumbers = true;
        using Process running = TestProcesses.StartSleeper();
        for (int i = 0; i < Few; i++)
        {
            using Process other = Process.GetProcessById(running.Id);
            Assert.AreEqual(ProcessRoute.Stock, registry.Attach(other).Route);
        }

        ResourceCounts.WaitForPidFds(_before);
        running.Kill();
        exited.ForEach(static child => child.Dispose());
    }

    [TestMethod]
    public void ASweep_DuringAWait_LeavesItsPidFdOpen()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        int processId = child.Id;
        Task wait = registry.WaitForExitAsync(child);
        child.Dispose();
        using Process other = TestProcesses.StartSleeper();
        for (int i = 0; i < BetweenSweeps - 1; i++)
        {
            registry.Open(other.Id).Dispose();
        }

        // The pidfd of the wait, and perhaps the last one, which may have been closed after the sweep had begun.
        ResourceCounts.WaitForPidFds(_before + 2);
        Assert.IsFalse(wait.IsCompleted);
        Native.KillByPid(processId);
        Assert.IsTrue(wait.Wait(Waiting.Limit));
        ResourceCounts.WaitForPidFds(_before + 1);
        other.Kill();
    }

    private static void OpenAndClose(ProcessHandleRegistry registry, int processId, int count, List<Process> closed)
    {
        for (int i = 0; i < count; i++)
        {
            Process process = registry.Open(processId);
            closed.Add(process);
            process.Dispose();
        }
    }
}
