using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>While a wait is in poll or in epoll, its object is closed or restarted, or its registry is disposed.</summary>
[TestClass]
public sealed class CloseDuringWaitTests
{
    private int _before;

    [TestInitialize]
    public void CountPidFds() => _before = ResourceCounts.PidFdBaseline();

    [TestMethod]
    [DataRow(WaitKind.Blocking, Closing.DisposeProcess)]
    [DataRow(WaitKind.Blocking, Closing.CloseProcess)]
    [DataRow(WaitKind.Blocking, Closing.Detach)]
    [DataRow(WaitKind.Blocking, Closing.DisposeRegistry)]
    [DataRow(WaitKind.Blocking, Closing.Restart)]
    [DataRow(WaitKind.Timed, Closing.DisposeProcess)]
    [DataRow(WaitKind.Timed, Closing.CloseProcess)]
    [DataRow(WaitKind.Timed, Closing.Detach)]
    [DataRow(WaitKind.Timed, Closing.DisposeRegistry)]
    [DataRow(WaitKind.Timed, Closing.Restart)]
    [DataRow(WaitKind.Asynchronous, Closing.DisposeProcess)]
    [DataRow(WaitKind.Asynchronous, Closing.CloseProcess)]
    [DataRow(WaitKind.Asynchronous, Closing.Detach)]
    [DataRow(WaitKind.Asynchronous, Closing.Restart)]
    public async Task AWait_WhoseObjectIsClosed_EndsWithTheExit(WaitKind kind, Closing closing)
    {
        using ProcessHandleRegistry registry = new();
        using Process process = TestProcesses.StartSleeper();
        int processId = process.Id;
        registry.Attach(process);
        Task wait = Waiting.Begin(kind, registry, process);

        Waiting.Act(closing, registry, process);

        Assert.IsFalse(wait.IsCompleted);
        Native.KillByPid(processId);
        await wait.WaitAsync(Waiting.Limit);
        if (closing == Closing.Restart)
        {
            await AssertServesTheNewProcess(registry, process, processId);
        }

        // The pidfd is closed with the wait, not only with the registry or when the object is collected.
        ResourceCounts.WaitForPidFds(_before);
    }

    [TestMethod]
    [DataRow(WaitKind.Blocking)]
    [DataRow(WaitKind.Asynchronous)]
    public async Task DisposeOfTheProcess_EndsAWaitForTheEndOfItsStreams(WaitKind kind)
    {
        using ProcessHandleRegistry registry = new();
        using Process process = new()
        {
            StartInfo = new ProcessStartInfo("/bin/sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"]) { RedirectStandardOutput = true },
        };
        TaskCompletionSource<int> heir = new();
        process.OutputDataReceived += (_, line) => heir.TrySetResult(int.Parse(line.Data!, CultureInfo.InvariantCulture));
        process.Start();
        int processId = process.Id;
        process.BeginOutputReadLine();
        int heirId = await heir.Task.WaitAsync(Waiting.Limit);
        Task wait = Waiting.Begin(kind, registry, process);
        registry.Kill(process);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(processId) is null, "the child is reaped");
        Assert.IsFalse(wait.IsCompleted);

        process.Dispose();

        await wait.WaitAsync(Waiting.Limit);
        Native.KillByPid(heirId);
        registry.Dispose();
        ResourceCounts.WaitForPidFds(_before);
    }

    [TestMethod]
    public async Task DisposeOfTheDefaultRegistry_LeavesItUsable()
    {
        using Process process = TestProcesses.StartSleeper();
        Task first = process.WaitForExitPidFdAsync();

        ProcessHandleRegistry.Default.Dispose();

        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => first.WaitAsync(Waiting.Limit));
        Assert.IsTrue(process.EnableRaisingEvents, "on, as a stock wait would have left them");
        Task second = process.WaitForExitPidFdAsync();
        Assert.IsFalse(second.IsCompleted);
        process.KillViaPidFd();
        await second.WaitAsync(Waiting.Limit);
        Assert.AreEqual(137, process.ExitCode);
        ResourceCounts.WaitForPidFds(_before);
    }

    /// <summary>The cancelled wait has left a registration for Exited, which would keep the object.</summary>
    [TestMethod]
    public async Task AnObjectThatIsClosedAfterACancelledWait_IsCollected_AlthoughItsProcessLives()
    {
        const int Count = 8;
        List<WeakReference<Process>> processes = [];
        List<int> processIds = [];
        for (int i = 0; i < Count; i++)
        {
            processIds.Add(await CancelWaitAndCloseAsync(processes));
        }

        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(processes) <= 1, "the Process objects are collected");
        Assert.IsTrue(processIds.TrueForAll(static id => ProcessTable.StateOf(id) is not null));
        processIds.ForEach(Native.KillByPid);
        ResourceCounts.WaitForPidFds(_before);
    }

    [TestMethod]
    public async Task AnAsynchronousWait_ForAnUnreferencedProcess_KeepsItUntilItsExit()
    {
        const int Count = 8;
        using ProcessHandleRegistry registry = new();
        List<WeakReference<Process>> processes = [];
        List<int> processIds = [];
        List<Task> waits = [];
        for (int i = 0; i < Count; i++)
        {
            (WeakReference<Process> process, Task wait, int processId) = BeginWaitAndDrop(registry);
            processes.Add(process);
            waits.Add(wait);
            processIds.Add(processId);
        }

        ResourceCounts.Collect();
        Assert.AreEqual(Count, registry.Count);
        Assert.IsFalse(waits.Any(static wait => wait.IsCompleted));

        processIds.ForEach(Native.KillByPid);

        await Task.WhenAll(waits).WaitAsync(Waiting.Limit);

        // After the stock wait, too, the runtime's thread for wait handles refers to the last one for a while.
        TestProcesses.WaitUntil(() => ResourceCounts.CollectAndCount(processes) <= 1, "the Process objects are collected after their waits");
        ResourceCounts.WaitForPidFds(_before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference<Process> Process, Task Wait, int ProcessId) BeginWaitAndDrop(ProcessHandleRegistry registry)
    {
        Process process = TestProcesses.StartSleeper();
        return (new WeakReference<Process>(process), registry.WaitForExitAsync(process), process.Id);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> CancelWaitAndCloseAsync(List<WeakReference<Process>> processes)
    {
        Process process = TestProcesses.StartSleeper();
        int id = process.Id;
        processes.Add(new WeakReference<Process>(process));
        using CancellationTokenSource source = new();
        Task wait = process.WaitForExitPidFdAsync(source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
        Assert.IsTrue(process.EnableRaisingEvents);
        process.Close();
        return id;
    }

    private static async Task AssertServesTheNewProcess(ProcessHandleRegistry registry, Process process, int oldProcessId)
    {
        Assert.AreNotEqual(oldProcessId, process.Id);
        Assert.AreEqual(process.Id, registry.Attach(process).ProcessId);
        Assert.IsFalse(registry.HasExited(process));
        Task wait = registry.WaitForExitAsync(process);
        Assert.IsFalse(wait.IsCompleted);
        registry.Kill(process);
        await wait.WaitAsync(Waiting.Limit);
        Assert.AreEqual(137, process.ExitCode);
    }
}
