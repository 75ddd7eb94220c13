using System.Diagnostics;
using System.Reflection;
using PidFdProcess.Runtime;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>The asynchronous wait for a process without a pidfd: the loss of its handler of Exited, and its end by its token.</summary>
[TestClass]
public sealed class StockWaitTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    // Longer than the interval at which the wait looks.
    private static readonly TimeSpan s_severalLooks = TimeSpan.FromSeconds(2.5);

    [TestMethod]
    public async Task AWait_ThatBeginsAfterExitedWasRaised_Ends()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        TaskCompletionSource raised = new();
        process.Exited += (_, _) => raised.SetResult();
        process.EnableRaisingEvents = true;
        Native.KillByPid(process.Id);
        await raised.Task.WaitAsync(s_limit);

        await registry.WaitForExitOnlyAsync(process).WaitAsync(s_limit);
        Assert.AreEqual(ProcessRoute.Stock, registry.Attach(process).Route);
        Assert.AreEqual(137, process.ExitCode);
    }

    /// <summary>The runtime adds and removes handlers without a lock, so another thread can undo what the wait has added.</summary>
    [TestMethod]
    public async Task AWait_WhoseHandlerIsLost_EndsAtTheExit_AndNotBefore()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using Process process = TestProcesses.StartSleeper();
        Task wait = registry.WaitForExitOnlyAsync(process);
        typeof(Process).GetField("_onExited", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(process, null);
        Assert.AreNotSame(wait, await Task.WhenAny(wait, Task.Delay(s_severalLooks)));

        Native.KillByPid(process.Id);
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(137, process.ExitCode);
    }

    /// <summary>
    /// The test holds the lock under which the runtime raises Exited on a thread of the pool. So the event has not been raised when the test cancels.
    /// </summary>
    [TestMethod]
    public void TheCancellation_OfAWaitWhoseProcessHasExited_RunsNoUserCode_OnTheThreadThatCancels()
    {
        using Process process = TestProcesses.StartSleeper();
        int raisedOn = 0;
        int wentOnOn = 0;
        process.Exited += (_, _) => Volatile.Write(ref raisedOn, Environment.CurrentManagedThreadId);
        using CancellationTokenSource source = new();
        Task wait = StockWait.WaitAsync(process, RunIdentity.Of(process), source.Token);
        _ = wait.ContinueWith(
            _ => Volatile.Write(ref wentOnOn, Environment.CurrentManagedThreadId),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        lock (process)
        {
            int id = process.Id;
            Native.KillByPid(id);
            TestProcesses.WaitUntil(() => TestProcesses.StateOf(id) is null, "the runtime has reaped the child");
            source.Cancel();
        }

        TestProcesses.WaitUntil(() => Volatile.Read(ref raisedOn) != 0 && Volatile.Read(ref wentOnOn) != 0, "Exited is raised and the wait is over");
        Assert.AreNotEqual(Environment.CurrentManagedThreadId, raisedOn);
        Assert.AreNotEqual(Environment.CurrentManagedThreadId, wentOnOn);
    }

    [TestMethod]
    public async Task ACancelledWait_EndsWithItsToken_UnlessTheProcessHasExited()
    {
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task wait = StockWait.WaitAsync(process, RunIdentity.Of(process), source.Token);
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.AreEqual(source.Token, e.CancellationToken);
        process.Kill();
        process.WaitForExit();
        await StockWait.WaitAsync(process, RunIdentity.Of(process), source.Token);
    }

    /// <summary>A stock wait that ends after a restart of the object marks Exited as raised for the new run.</summary>
    [TestMethod]
    public async Task AWait_WhoseRunCountsAsRaised_WithoutAnExit_GoesOnUntilTheExit()
    {
        using Process process = TestProcesses.StartSleeper();
        process.EnableRaisingEvents = true;
        ProcessFields.MarkExitedAsRaised(process, true);
        Task wait = StockWait.WaitAsync(process, RunIdentity.Of(process), CancellationToken.None);
        await Assert.ThrowsAsync<TimeoutException>(() => wait.WaitAsync(TimeSpan.FromSeconds(2)));
        Native.KillByPid(process.Id);
        await wait.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
