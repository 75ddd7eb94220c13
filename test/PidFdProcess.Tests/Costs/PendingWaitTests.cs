using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Costs;

/// <summary>Many pending asynchronous waits cost one thread and little heap.</summary>
[TestClass]
public sealed class PendingWaitTests
{
    private const int Waits = 10_000;
    private const int BytesPerWait = 256;

    // Threads of the pool, of the test host and of the runtime come and go. The stock waits take some twenty threads.
    private const int OtherThreads = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    [TestMethod]
    [DataRow(100, DisplayName = "10,000 waits for 100 processes")]
    [DataRow(1_000, DisplayName = "10,000 waits for 1,000 processes")]
    public async Task TenThousandPendingWaits_TakeOneThreadAndAllEnd(int processCount)
    {
        int before = ResourceCounts.PidFdBaseline();
        using NonChildFamily family = new(processCount / 2);
        List<Process> processes = StartChildrenAndOpen(family, processCount / 2);
        int threads = TestProcesses.Threads();
        int loops = ResourceCounts.EventLoopThreads();

        Task[] waits = new Task[Waits];
        for (int i = 0; i < Waits; i++)
        {
            waits[i] = processes[i % processCount].WaitForExitPidFdAsync();
        }

        Assert.IsInRange(loops, loops + 1, ResourceCounts.EventLoopThreads());
        Assert.IsGreaterThan(0, ResourceCounts.EventLoopThreads());
        TestProcesses.WaitUntil(() => TestProcesses.Threads() <= threads + 1 + OtherThreads, "one thread more than before");
        Assert.IsFalse(Array.Exists(waits, static wait => wait.IsCompleted));

        processes.ForEach(static process => process.KillViaPidFd());
        await Task.WhenAll(waits).WaitAsync(s_limit);

        Assert.IsTrue(processes[..(processCount / 2)].TrueForAll(static child => child.ExitCode == 137));
        processes.ForEach(static process => process.Dispose());
        ProcessHandleRegistry.Default.Dispose();
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    [DataRow(true, DisplayName = "children")]
    [DataRow(false, DisplayName = "non-children")]
    public async Task APendingWait_TakesLittleHeap(bool children)
    {
        const int Count = 1_000;
        using NonChildFamily family = new(children ? 0 : Count);
        List<Process> processes = StartChildrenAndOpen(family, children ? Count : 0);
        using Process warmUp = TestProcesses.StartSleeper();
        Task first = warmUp.WaitForExitPidFdAsync();
        Task[] waits = new Task[Count];

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Count; i++)
        {
            waits[i] = processes[i].WaitForExitPidFdAsync();
        }

        long perWait = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        Assert.IsFalse(Array.Exists(waits, static wait => wait.IsCompleted));
        processes.ForEach(static process => process.KillViaPidFd());
        warmUp.KillViaPidFd();
        await Task.WhenAll([first, .. waits]).WaitAsync(s_limit);
        processes.ForEach(static process => process.Dispose());
        Assert.IsLessThanOrEqualTo(BytesPerWait, perWait);
    }

    private static List<Process> StartChildrenAndOpen(NonChildFamily family, int children)
    {
        List<Process> processes = [];
        for (int i = 0; i < children; i++)
        {
            Process child = new() { StartInfo = new ProcessStartInfo("/bin/sleep", "1000") };
            child.StartWithPidFd();
            processes.Add(child);
        }

        processes.AddRange(family.Ids.Select(ProcessHandleRegistry.Default.Open));
        return processes;
    }
}
