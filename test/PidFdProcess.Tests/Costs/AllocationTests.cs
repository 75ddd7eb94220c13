using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Costs;

/// <summary>Calls on an attached process allocate nothing, and an attachment little.</summary>
[TestClass]
public sealed class AllocationTests
{
    private const int Calls = 10_000;

    [TestMethod]
    public void HasExited_OfARunningChild_AllocatesNothing()
    {
        using Process child = TestProcesses.StartSleeper();
        AssertAllocatesNothing(child, static process => Assert.IsFalse(process.HasExitedPidFd()));
        child.KillViaPidFd();
    }

    [TestMethod]
    public void ATimedWait_ForARunningChild_AllocatesNothing()
    {
        using Process child = TestProcesses.StartSleeper();
        AssertAllocatesNothing(child, static process => Assert.IsFalse(process.WaitForExitPidFd(0)));
        AssertAllocatesNothing(child, static process => Assert.IsFalse(process.WaitForExitPidFd(TimeSpan.Zero)));
        AssertAllocatesNothing(child, static process => Assert.IsFalse(process.WaitForExitPidFd(1)), calls: Calls / 50);
        child.KillViaPidFd();
    }

    [TestMethod]
    public void Kill_OfAZombie_AllocatesNothing()
    {
        // A zombie accepts any number of signals.
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = ProcessHandleRegistry.Default.Open(nonChild.Id);
        process.KillViaPidFd();
        process.WaitForExitPidFd();
        AssertAllocatesNothing(process, static process => process.KillViaPidFd());
        Assert.AreEqual('Z', ProcessTable.StateOf(nonChild.Id));
    }

    [TestMethod]
    public void Attach_OfAnObject_AllocatesAtMost600Bytes()
    {
        const int Attachments = 1_000;
        const int BytesPerAttachment = 600;
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        Process[] processes = new Process[Attachments];
        for (int i = 0; i < Attachments; i++)
        {
            processes[i] = Process.GetProcessById(child.Id);
        }

        registry.Attach(child);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Process process in processes)
        {
            registry.Attach(process);
        }

        long perAttachment = (GC.GetAllocatedBytesForCurrentThread() - before) / Attachments;
        Assert.AreEqual(Attachments + 1, registry.Count);
        Assert.IsLessThanOrEqualTo(BytesPerAttachment, perAttachment);
        child.Kill();
    }

    private static void AssertAllocatesNothing(Process process, Action<Process> call, int calls = Calls)
    {
        const int Tries = 5;
        long allocated = long.MaxValue;

        // The first try warms up. The runtime may allocate during any try, for example when it replaces code by optimized code.
        for (int i = 0; i < Tries && allocated != 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int j = 0; j < calls; j++)
            {
                call(process);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.AreEqual(0L, allocated);
    }
}
