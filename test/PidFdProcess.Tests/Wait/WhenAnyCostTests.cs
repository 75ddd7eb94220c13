using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Loops of waits for the first of many processes.</summary>
[TestClass]
public sealed class WhenAnyCostTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task ALoopOverAllProcesses_AllocatesNoMoreThanTaskWhenAny()
    {
        const int Count = 1_000;
        _ = await MeasureAsync(Count / 10, stock: false);
        _ = await MeasureAsync(Count / 10, stock: true);
        long stock = await MeasureAsync(Count, stock: true);
        long ours = await MeasureAsync(Count, stock: false);
        Assert.IsLessThanOrEqualTo(stock, ours);
    }

    [TestMethod]
    public async Task CancelledCalls_LeaveNothingOnTheProcesses()
    {
        const int Calls = 2_000;
        Process[] processes = [.. Enumerable.Range(0, 5).Select(static _ => TestProcesses.StartSleeper())];
        await CancelAsync(processes, 10);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await CancelAsync(processes, Calls);

        // Other threads may still have work of the calls, or keep something of their own for a while.
        TestProcesses.WaitUntil(() => GC.GetTotalMemory(forceFullCollection: true) - before < 50 * Calls, "the calls have left nothing");
        Array.ForEach(processes, static process => process.KillViaPidFd());
        Array.ForEach(processes, static process => process.Dispose());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task ACall_ThatHasEnded_KeepsNoPidFdOfAProcessThatGoesOn(bool cancelled)
    {
        using ProcessHandleRegistry registry = new();
        using Process goesOn = TestProcesses.StartSleeper();
        using Process other = TestProcesses.StartSleeper();
        int before = ResourceCounts.PidFdBaseline();
        using CancellationTokenSource source = new();
        Task<Process> wait = registry.WhenAnyExitAsync([goesOn, other], source.Token);
        if (cancelled)
        {
            await source.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
        }

        other.Kill();
        if (!cancelled)
        {
            Assert.AreSame(other, await wait.WaitAsync(s_limit));
        }

        other.WaitForExit();
        registry.Detach(goesOn);
        registry.Detach(other);
        ResourceCounts.WaitForPidFds(before);
        Assert.IsFalse(goesOn.HasExited);
        goesOn.Kill();
    }

    [TestMethod]
    public async Task TwoCalls_OfWhichOneIsCancelled_ShareTheWaitOfAProcess()
    {
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task<Process> cancelled = new[] { process }.WhenAnyExitPidFdAsync(source.Token);
        Task<Process> goesOn = new[] { process }.WhenAnyExitPidFdAsync();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        process.KillViaPidFd();
        Assert.AreSame(process, await goesOn.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task AWaitForTheFirst_DoesNotWaitForTheHandlerOfAnother()
    {
        using Process blocks = TestProcesses.StartSleeper();
        using Process second = TestProcesses.StartSleeper();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim go = new();
        blocks.Exited += (_, _) =>
        {
            entered.Set();
            go.Wait(s_limit);
        };
        Task wait = blocks.WaitForExitPidFdAsync();
        try
        {
            Native.KillByPid(blocks.Id);
            Assert.IsTrue(entered.Wait(s_limit));
            Assert.AreSame(blocks, await new[] { second, blocks }.WhenAnyExitPidFdAsync().WaitAsync(s_limit));
            Native.KillByPid(second.Id);
            Assert.AreSame(second, await new[] { second }.WhenAnyExitPidFdAsync().WaitAsync(s_limit));
        }
        finally
        {
            go.Set();
        }

        await wait.WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task AProcessThatIsDetachedDuringTheWait_EndsItWithItsExit()
    {
        for (int i = 0; i < 20; i++)
        {
            using Process process = TestProcesses.StartSleeper();
            Task<Process> wait = new[] { process }.WhenAnyExitPidFdAsync();
            Assert.IsTrue(ProcessHandleRegistry.Default.Detach(process));
            Native.KillByPid(process.Id);
            Assert.AreSame(process, await wait.WaitAsync(s_limit));
        }
    }

    private static async Task CancelAsync(Process[] processes, int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            using CancellationTokenSource source = new();
            Task<Process> wait = processes.WhenAnyExitPidFdAsync(source.Token);
            await source.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
        }
    }

    private static async Task<long> MeasureAsync(int count, bool stock)
    {
        List<Process> left = [.. Enumerable.Range(0, count).Select(static _ => TestProcesses.StartSleeper())];
        left.ForEach(static process => ProcessHandleRegistry.Default.Attach(process));
        Process[] all = [.. left];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        if (stock)
        {
            Dictionary<Task, Process> waits = left.ToDictionary(static process => process.WaitForExitAsync());
            Array.ForEach(all, static process => Native.KillByPid(process.Id));
            while (waits.Count > 0)
            {
                waits.Remove(await Task.WhenAny(waits.Keys));
            }
        }
        else
        {
            Array.ForEach(all, static process => Native.KillByPid(process.Id));
            while (left.Count > 0)
            {
                left.Remove(await left.WhenAnyExitPidFdAsync());
            }
        }

        long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        Array.ForEach(all, static process => process.Dispose());
        return bytes;
    }
}
