using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Waits;

namespace PidFdProcess.Tests.Exited;

/// <summary>An app that holds the lock of the Process object, under which the runtime raises Exited.</summary>
[TestClass]
public sealed class HeldLockTests
{
    private const int Waits = 100;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task CancelledWaits_WhileTheLockIsHeld_KeepNoThreadOfThePool()
    {
        using Process process = TestProcesses.StartSleeper();
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        try
        {
            await CancelWaitsAsync(process);

            Assert.IsTrue(process.EnableRaisingEvents);
            TestProcesses.WaitUntil(() => ThreadPool.PendingWorkItemCount == 0, "the pool is free");
        }
        finally
        {
            release.Set();
        }

        await holder;
        TestProcesses.WaitUntil(static () => WaitEvents.Count == 0, "the runtime waits for the exit");
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        process.KillViaPidFd();
        TestProcesses.WaitUntil(() => Volatile.Read(ref raised) == 1, "Exited is raised");
    }

    [TestMethod]
    public async Task ACancelledWait_HasTurnedEventsOn_WhenItsTaskEnds()
    {
        for (int i = 0; i < 50; i++)
        {
            using Process process = TestProcesses.StartSleeper();
            using CancellationTokenSource source = new();
            Task wait = process.WaitForExitPidFdAsync(source.Token);
            source.Cancel();
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
            Assert.IsTrue(process.EnableRaisingEvents);
            process.Kill();
            process.WaitForExit();
        }
    }

    [TestMethod]
    public async Task AWaitWhoseProcessHasExited_WhileTheLockIsHeld_EndsWithItsToken_AndKeepsNoThreadOfThePool()
    {
        using Process process = TestProcesses.StartSleeper();
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        using CancellationTokenSource source = new();
        Task wait = process.WaitForExitPidFdAsync(source.Token);
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        try
        {
            process.KillViaPidFd();
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(process.Id) is null, "the runtime has reaped the child");
            TestProcesses.WaitUntil(() => ThreadPool.PendingWorkItemCount == 0, "the pool is free");
            Assert.IsFalse(wait.IsCompleted);
            await source.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        }
        finally
        {
            release.Set();
        }

        await holder;
        TestProcesses.WaitUntil(() => Volatile.Read(ref raised) == 1, "Exited is raised");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWaitWithoutAToken_WhoseProcessHasExitedWhileTheLockIsHeld_EndsTenSecondsAfterTheExit(bool readsLines)
    {
        using Process process = Process.Start(Shell.Info("exec sleep 1000", redirectOutput: true))!;
        process.Exited += static (_, _) => { };
        if (readsLines)
        {
            process.BeginOutputReadLine();
        }

        Task wait = process.WaitForExitPidFdAsync();
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        process.KillViaPidFd();
        await wait.WaitAsync(s_limit);
        Assert.IsFalse(holder.IsCompleted);
        release.Set();
        await holder;
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task BlockingWaitsWithoutALimit_WhileTheLockIsHeld_EndTenSecondsAfterTheExit(bool isOver)
    {
        using Process process = Process.Start(Shell.Info("exec sleep 1000", redirectOutput: true))!;
        process.Exited += static (_, _) => { };
        process.EnableRaisingEvents = true;
        process.BeginOutputReadLine();
        ProcessAttachment attachment = ProcessHandleRegistry.Default.Attach(process);
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        try
        {
            if (isOver)
            {
                process.KillViaPidFd();
                Assert.IsTrue(process.TryWaitForExitStatusPidFd(s_limit, out _));
                TestProcesses.WaitUntil(() => attachment.Route == ProcessRoute.Stock, "the pidfd is closed");
            }

            Task[] waits =
            [
                Task.Factory.StartNew(process.WaitForExitPidFd, TaskCreationOptions.LongRunning),
                Task.Factory.StartNew(process.WaitForExitOnlyPidFd, TaskCreationOptions.LongRunning),
            ];
            process.KillViaPidFd();
            await Task.WhenAll(waits).WaitAsync(s_limit / 2);
            Assert.IsFalse(holder.IsCompleted);
        }
        finally
        {
            release.Set();
            await holder;
        }
    }

    [TestMethod]
    public async Task AWaitThatBeginsAfterTheExit_WhileTheLockIsHeld_RaisesExitedOnceItIsFree()
    {
        using Process process = TestProcesses.StartSleeper();
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        ProcessHandleRegistry.Default.Attach(process);
        process.KillViaPidFd();
        _ = process.WaitForExitStatusPidFd();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(process.Id) is null, "the runtime has reaped the child");
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        using CancellationTokenSource source = new();
        Task wait = process.WaitForExitPidFdAsync(source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        Assert.AreEqual(0, Volatile.Read(ref raised));
        release.Set();
        await holder;
        TestProcesses.WaitUntil(() => Volatile.Read(ref raised) == 1, "Exited is raised");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task CancelledWaits_AfterTheExit_WhileTheLockIsHeld_ShareOneSeriesOfTries(bool isAttached)
    {
        using Process process = TestProcesses.StartSleeper();
        if (isAttached)
        {
            ProcessHandleRegistry.Default.Attach(process);
        }

        process.Kill();
        process.WaitForExit();
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        try
        {
            await CancelWaitsAsync(process, turnsOff: true);

            // Other tests may have series of their own.
            Assert.IsInRange(1, Waits / 2, WaitEvents.Count);
        }
        finally
        {
            release.Set();
        }

        await holder;
        TestProcesses.WaitUntil(() => WaitEvents.Count < Waits / 2, "the series has ended");
    }

    [TestMethod]
    [DataRow("WaitForExit")]
    [DataRow("HasExited")]
    public async Task ACallWithALimit_OnARunThatIsOver_WhileTheLockIsHeld_Ends(string call)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        process.EnableRaisingEvents = true;
        process.Exited += static (_, _) => { };
        ProcessHandleRegistry.Default.Attach(process);
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        try
        {
            nonChild.KillAndWaitUntilReaped();
            for (int i = 0; i < 2; i++)
            {
                await Task.Factory.StartNew(
                    () => Assert.IsTrue(call == "HasExited" ? process.HasExitedPidFd() : process.WaitForExitPidFd(100)),
                    TaskCreationOptions.LongRunning).WaitAsync(s_limit / 2);
            }
        }
        finally
        {
            release.Set();
            await holder;
        }
    }

    [TestMethod]
    [DataRow("WaitForExit", true)]
    [DataRow("WaitForExit", false)]
    [DataRow("HasExited", true)]
    [DataRow("HasExited", false)]
    public async Task ACallWithALimit_OnAZombie_WhileTheLockIsHeld_Ends(string call, bool events)
    {
        using NonChildProcess zombie = NonChildProcess.StartUnreaped();
        using Process process = Process.GetProcessById(zombie.Id);
        process.EnableRaisingEvents = events;
        ProcessHandleRegistry.Default.Attach(process);
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        try
        {
            zombie.KillAndWaitUntilZombie();
            await Task.Factory.StartNew(
                () => Assert.IsTrue(call == "HasExited" ? process.HasExitedPidFd() : process.WaitForExitPidFd(100)),
                TaskCreationOptions.LongRunning).WaitAsync(s_limit);
        }
        finally
        {
            release.Set();
            await holder;
        }
    }

    private static async Task CancelWaitsAsync(Process process, bool turnsOff = false)
    {
        for (int i = 0; i < Waits; i++)
        {
            using CancellationTokenSource source = new();
            Task wait = process.WaitForExitPidFdAsync(source.Token);
            await source.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
            if (turnsOff)
            {
                // Otherwise the next wait finds events on and leaves them.
                process.EnableRaisingEvents = false;
            }
        }
    }
}
