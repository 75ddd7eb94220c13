using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Moq;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>A stock asynchronous wait turns events on when it begins. What the program sets after that stays.</summary>
[TestClass]
public sealed class EventSettingTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static IEnumerable<object[]> Combinations =>
        from stock in new[] { true, false }
        from readsLines in new[] { true, false }
        from events in new[] { "on", "off", "turned on" }
        select new object[] { stock, readsLines, events };

    [TestMethod]
    [DynamicData(nameof(Combinations))]
    public async Task AHandlerThatTurnsEventsOff_IsNotCalledForTheNextRun(bool stock, bool readsLines, string events)
    {
        using Process process = new() { StartInfo = Shell.Info("read line; exit 3", redirectInput: true) };
        process.StartInfo.RedirectStandardOutput = readsLines;
        process.EnableRaisingEvents = events == "on";
        int raised = 0;
        process.Exited += (_, _) =>
        {
            process.EnableRaisingEvents = false;
            Interlocked.Increment(ref raised);
        };
        for (int run = 0; run < 2; run++)
        {
            process.Start();
            if (readsLines)
            {
                process.BeginOutputReadLine();
            }

            // The second run has no wait, which would turn events on.
            Task[] waits = run > 0 ? [] : [Begin(), Begin()];
            process.EnableRaisingEvents |= run == 0 && events == "turned on";
            int id = process.Id;
            process.StandardInput.Close();
            await Task.WhenAll(waits).WaitAsync(s_limit);
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null, "the runtime has reaped the child");
            TestProcesses.WaitUntil(() => Volatile.Read(ref raised) == 1, "the handler was called");
            Assert.IsFalse(process.EnableRaisingEvents, $"after run {run}");
            if (readsLines)
            {
                process.CancelOutputRead();
            }
        }

        Assert.AreEqual(1, raised);
        Task Begin() => stock ? process.WaitForExitAsync() : process.WaitForExitPidFdAsync();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ACancellationDuringTheWaitForTheStreams_LeavesTheSettingOfAHandler(bool stock)
    {
        using Process process = new() { StartInfo = Shell.Info("sleep 1000 & echo $!; read line; exit 3", redirectInput: true) };
        process.StartInfo.RedirectStandardOutput = true;
        using ManualResetEventSlim isRaised = new();
        process.Exited += (_, _) =>
        {
            process.EnableRaisingEvents = false;
            isRaised.Set();
        };
        TaskCompletionSource<int> sleeper = new();
        process.OutputDataReceived += (_, e) => sleeper.TrySetResult(int.Parse(e.Data ?? "0", CultureInfo.InvariantCulture));
        process.Start();
        process.BeginOutputReadLine();
        int id = await sleeper.Task.WaitAsync(s_limit);
        using CancellationTokenSource source = new();
        Task wait = stock ? process.WaitForExitAsync(source.Token) : process.WaitForExitPidFdAsync(source.Token);
        Assert.IsTrue(process.EnableRaisingEvents);
        process.StandardInput.Close();
        Assert.IsTrue(isRaised.Wait(s_limit));
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        Assert.IsFalse(process.EnableRaisingEvents);
        Native.KillByPid(id);
    }

    [TestMethod]
    [DataRow("cancelled")]
    [DataRow("registry disposed")]
    [DataRow("registry disposed between two polls")]
    public async Task AWaitThatEndsBeforeTheExit_LetsTheRuntimeRaiseExited(string end)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
        if (end.Contains("polls", StringComparison.Ordinal))
        {
            kernel.OnEpollAdd = static () => Errno.ENOSPC;
        }

        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        using CancellationTokenSource source = new();
        Task wait = registry.WaitForExitAsync(process, source.Token);
        Assert.IsTrue(process.EnableRaisingEvents);
        if (end == "cancelled")
        {
            await source.CancelAsync();
        }
        else
        {
            registry.Dispose();
        }

        await RequireEndBeforeTheExitAsync(wait, process, () => Volatile.Read(ref raised));
    }

    [TestMethod]
    public async Task AWaitThatGoesOnByPolls_AndEndsWithItsRegistry_LetsTheRuntimeRaiseExited()
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        Task wait = registry.WaitForExitAsync(process);

        // The exit of another process wakes the event loop, whose next call fails.
        using Process other = TestProcesses.StartSleeper();
        Task otherWait = registry.WaitForExitAsync(other);
        kernel.Fail(KernelCall.EpollWait, Errno.EBADF);
        other.Kill();
        await otherWait.WaitAsync(s_limit);
        int polls = kernel.Calls(KernelCall.Poll);
        TestProcesses.WaitUntil(() => kernel.Calls(KernelCall.Poll) > polls + 1, "the wait goes on by polls");
        registry.Dispose();
        await RequireEndBeforeTheExitAsync(wait, process, () => Volatile.Read(ref raised));
    }

    /// <summary>As if other code had closed the pidfd, so that epoll has forgotten it.</summary>
    [TestMethod]
    public async Task AWaitThatFallsBackToTheRuntime_EndsAlthoughAPendingWaitHasTurnedEventsOn()
    {
        using KernelMock kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        Assert.AreEqual(ProcessRoute.PidFd, registry.Attach(process).Route);
        kernel.Mock.Setup(k => k.EpollAdd(It.IsAny<SafeFileHandle>(), It.IsAny<SafePidFdHandle>(), It.IsAny<ulong>())).Returns((Errno)0);
        Task lost = registry.WaitForExitAsync(process);
        kernel.Fail(KernelCall.Poll, Errno.EBADF);
        Task wait = registry.WaitForExitAsync(process);
        process.Kill();
        await wait.WaitAsync(s_limit);
        Assert.IsFalse(lost.IsCompleted);
    }

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public async Task AHandler_AfterACancelledWait_RunsInTheContextOfTheCallThatWaited(bool stock, bool flows)
    {
        using Process process = TestProcesses.StartSleeper();
        AsyncLocal<string?> local = new();
        TaskCompletionSource<string?> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => seen.TrySetResult(local.Value);
        using CancellationTokenSource source = new();
        local.Value = "of the wait";
        Task wait;
        using (flows ? default : ExecutionContext.SuppressFlow())
        {
            wait = stock ? process.WaitForExitAsync(source.Token) : process.WaitForExitPidFdAsync(source.Token);
        }

        local.Value = "of the cancellation";
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        process.KillViaPidFd();
        Assert.AreEqual(flows ? "of the wait" : null, await seen.Task.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task ASettingAfterACancelledWait_Stays_IfTheLockWasHeldThen()
    {
        using Process process = TestProcesses.StartSleeper();
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        using CancellationTokenSource source = new();
        Task wait = process.WaitForExitPidFdAsync(source.Token);
        using ManualResetEventSlim release = new();
        Task holder = Waiting.HoldLock(process, release);
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait.WaitAsync(s_limit));
        Assert.IsTrue(process.EnableRaisingEvents);
        process.EnableRaisingEvents = false;
        release.Set();
        await holder;
        TestProcesses.WaitUntil(() => Waits.WaitEvents.Count == 0, "the tries have ended");
        Assert.IsFalse(process.EnableRaisingEvents);
        process.Kill();
        Assert.IsTrue(process.WaitForExit(s_limit));
        Assert.AreEqual(0, raised);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AClosedObject_MakesTheEventLoopThrowNothing(bool isChild)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process child = TestProcesses.StartSleeper();
        int id = isChild ? child.Id : nonChild.Id;
        Process fetched = Process.GetProcessById(id);
        ConcurrentQueue<string> exceptions = [];
        EventHandler<FirstChanceExceptionEventArgs> note = (_, e) =>
        {
            if (Thread.CurrentThread.Name == ExitEventLoop.ThreadName)
            {
                exceptions.Enqueue($"{e.Exception}");
            }
        };
        AppDomain.CurrentDomain.FirstChanceException += note;
        try
        {
            Task wait = fetched.WaitForExitPidFdAsync();
            fetched.Dispose();
            Native.KillByPid(id);
            await wait.WaitAsync(s_limit);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= note;
        }

        Assert.IsEmpty(exceptions, string.Join('\n', exceptions));
    }

    /// <summary>Requires that the wait ends without the exit, and that the exit then raises Exited once.</summary>
    private static async Task RequireEndBeforeTheExitAsync(Task wait, Process process, Func<int> raised)
    {
        await Task.WhenAny(wait).WaitAsync(s_limit);
        Assert.IsFalse(wait.IsCompletedSuccessfully);
        process.Kill();
        TestProcesses.WaitUntil(() => raised() == 1, "the runtime has raised Exited");
    }
}
