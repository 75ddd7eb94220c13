using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>The opt-in to complete on the thread of the event loop. User code runs there, and whatever it does loses no wait.</summary>
[TestClass]
public sealed class InlineCompletionTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly List<Process> _children = [];
    private readonly ProcessHandleRegistry _inline = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance, completesInline: true));
    private readonly ProcessHandleRegistry _hop = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance));

    public void Dispose()
    {
        foreach (Process child in _children)
        {
            child.Kill();
            child.Dispose();
        }

        _inline.Dispose();
        _hop.Dispose();
    }

    [TestMethod]
    public async Task Inline_TheAwaitingCodeRunsOnTheEventLoop_AfterTheReap()
    {
        (Process child, Task<Thread> resumed) = StartAndAwait(_inline, static child => Assert.AreEqual(137, child.ExitCode));
        child.Kill();
        await resumed.WaitAsync(s_limit);
        await AssertEventLoopCompletesAsync();
    }

    [TestMethod]
    public async Task ByDefault_NoUserCodeRunsOnTheEventLoop()
    {
        List<(Process Child, Task<Thread> Resumed)> all = [.. Enumerable.Range(0, 20).Select(_ => StartAndAwait(_hop))];
        List<Thread> handlers = [];
        all[0].Child.Exited += (_, _) => handlers.Add(Thread.CurrentThread);
        foreach ((Process child, Task<Thread> resumed) in all)
        {
            child.Kill();
            Assert.IsTrue((await resumed.WaitAsync(s_limit)).IsThreadPoolThread);
        }

        Assert.HasCount(1, handlers);
        Assert.IsTrue(handlers[0].IsThreadPoolThread);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Inline_AWaitThatTheCodeAfterAnotherWaitCancels_IsCancelled(bool exits)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = _inline.Open(nonChild.Id);
        using CancellationTokenSource source = new();
        Task cancelled = _inline.WaitForExitAsync(process, source.Token);

        // The newest wait ends first, on the thread that is about to end the other.
        Task first = _inline.WaitForExitAsync(process).ContinueWith(
            _ => source.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (exits)
        {
            nonChild.Signal();
        }
        else
        {
            _inline.Dispose();
        }

        await first.WaitAsync(s_limit);
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task Inline_ACancelledWait_DoesNotResumeOnTheThreadThatCancels()
    {
        using CancellationTokenSource source = new();
        Task wait = _inline.WaitForExitAsync(StartChild(), source.Token);
        Task<Thread> resumed = wait.ContinueWith(
            static _ => Thread.CurrentThread, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Thread? canceller = null;
        await Task.Factory.StartNew(
            () =>
            {
                canceller = Thread.CurrentThread;
                source.Cancel();
            },
            TaskCreationOptions.LongRunning);
        Assert.AreNotSame(canceller, await resumed.WaitAsync(s_limit));
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
    }

    [TestMethod]
    public async Task Inline_AnException_LosesNoWaitAndDoesNotEndTheEventLoop()
    {
        (Process first, Task<Thread> throwing) = StartAndAwait(_inline, static _ => throw new InvalidTimeZoneException("continuation"));
        first.Kill();
        await Assert.ThrowsExactlyAsync<InvalidTimeZoneException>(() => throwing.WaitAsync(s_limit));

        Process second = StartChild();
        second.EnableRaisingEvents = false;
        second.Exited += static (_, _) => throw new InvalidTimeZoneException("handler");
        Task faulted = _inline.WaitForExitAsync(second);
        second.Kill();
        await Assert.ThrowsExactlyAsync<InvalidTimeZoneException>(() => faulted.WaitAsync(s_limit));

        await AssertEventLoopCompletesAsync();
    }

    [TestMethod]
    public async Task Inline_ABlockingContinuation_DelaysOthersAndLosesNone()
    {
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim release = new();
        Thread? blockedOn = null;
        (Process blocking, Task<Thread> blocked) = StartAndAwait(_inline, _ =>
        {
            blockedOn = Thread.CurrentThread;
            entered.Set();
            release.Wait();
        });
        List<(Process Child, Task<Thread> Resumed)> others = [.. Enumerable.Range(0, 20).Select(_ => StartAndAwait(_inline))];

        blocking.Kill();
        Assert.IsTrue(entered.Wait(s_limit));
        if (blockedOn?.Name != ExitEventLoop.ThreadName)
        {
            release.Set();
            Assert.Inconclusive("The runtime reaped the child too late for an inline completion.");
        }

        foreach ((Process child, _) in others)
        {
            child.Kill();
            child.WaitForExit();
        }

        Assert.IsFalse(others.Exists(static other => other.Resumed.IsCompleted));
        release.Set();
        await Task.WhenAll(others.Select(static other => other.Resumed)).WaitAsync(s_limit);
        await blocked.WaitAsync(s_limit);
    }

    [TestMethod]
    public async Task Inline_AChildThatIsNotReaped_HoldsUpNoOther()
    {
        using NativeChild native = NativeChild.StartShell("exec sleep 1000");
        using Process unreaped = Process.GetProcessById(native.Id);
        Task pending = _inline.WaitForExitAsync(unreaped);
        native.Signal(9);
        native.WaitUntilZombie();

        await AssertEventLoopCompletesAsync();
        await pending.WaitAsync(s_limit);
        Assert.AreEqual('Z', ProcessTable.StateOf(native.Id));
    }

    [TestMethod]
    public async Task Inline_AContinuationMayStartAndAwaitMore()
    {
        int rounds = 0;
        async Task Chain()
        {
            for (; rounds < 50; rounds++)
            {
                using Process child = TestProcesses.StartSleeper();
                Task wait = _inline.WaitForExitAsync(child);
                child.Kill();
                await wait.ConfigureAwait(false);
                Assert.AreEqual(137, child.ExitCode);
            }
        }

        await Chain().WaitAsync(s_limit);
        Assert.AreEqual(50, rounds);
    }

    [TestMethod]
    public async Task Inline_UserCodeHasTheStackOfOtherThreads()
    {
        int depth = 0;
        (Process child, Task<Thread> resumed) = StartAndAwait(_inline, _ => depth = Descend(0));
        child.Kill();
        await resumed.WaitAsync(s_limit);
        Assert.IsGreaterThan(512, depth, "Less than 512 KiB of stack.");
    }

    [TestMethod]
    [DataRow(null, null, false)]
    [DataRow("1", null, true)]
    [DataRow("true", null, true)]
    [DataRow("0", null, false)]
    [DataRow(null, true, true)]
    [DataRow(null, false, false)]
    public void TheSwitchOrTheVariable_RequestsInlineCompletions(string? variable, bool? appSwitch, bool expected)
    {
        Assert.IsFalse(InlineCompletions.AreRequested());
        Environment.SetEnvironmentVariable(InlineCompletions.Variable, variable);
        AppContext.SetSwitch(InlineCompletions.Switch, appSwitch ?? false);
        try
        {
            Assert.AreEqual(expected, InlineCompletions.AreRequested());
        }
        finally
        {
            Environment.SetEnvironmentVariable(InlineCompletions.Variable, null);
            AppContext.SetSwitch(InlineCompletions.Switch, false);
        }
    }

    [TestMethod]
    [DataRow(null, false)]
    [DataRow("1", true)]
    public async Task TheVariable_DecidesForTheWholeProgram(string? variable, bool onEventLoop)
    {
        ToolRun run = await DummyProgram.SucceedAsync(["resume-on-thread"], (InlineCompletions.Variable, variable));
        Assert.AreEqual(onEventLoop, run.Output.Contains(ExitEventLoop.ThreadName, StringComparison.Ordinal), run.Output);
    }

    // Under load the runtime may reap a child so late that its wait goes to the thread pool.
    private async Task AssertEventLoopCompletesAsync()
    {
        Thread resumed;
        int tries = 0;
        do
        {
            (Process child, Task<Thread> wait) = StartAndAwait(_inline);
            child.Kill();
            resumed = await wait.WaitAsync(s_limit);
        }
        while (resumed.Name != ExitEventLoop.ThreadName && ++tries < 20);

        Assert.AreEqual(ExitEventLoop.ThreadName, resumed.Name);
    }

    private Process StartChild()
    {
        Process child = TestProcesses.StartSleeper();
        _children.Add(child);
        return child;
    }

    private (Process Child, Task<Thread> Resumed) StartAndAwait(ProcessHandleRegistry registry, Action<Process>? then = null)
    {
        Process child = StartChild();
        return (child, AwaitAsync(registry.WaitForExitAsync(child), child, then));
    }

    private static async Task<Thread> AwaitAsync(Task wait, Process child, Action<Process>? then)
    {
        await wait.ConfigureAwait(false);
        Thread resumed = Thread.CurrentThread;
        then?.Invoke(child);
        return resumed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Descend(int depth)
    {
        Span<byte> frame = stackalloc byte[1024];
        frame.Fill(1);
        return RuntimeHelpers.TryEnsureSufficientExecutionStack() && depth < 4096 ? Descend(depth + 1) + frame[0] - 1 : depth;
    }
}
