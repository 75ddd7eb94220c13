using System.Collections.Concurrent;
using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests;

[TestClass]
public sealed class WaitTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ProcessHandleRegistry _registry = new();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(255)]
    public async Task EveryWait_LeavesTheExitCodeReadable(int exitCode)
    {
        foreach (Func<Process, Task> wait in Waits())
        {
            using Process process = TestProcesses.StartExiting(exitCode);
            await wait(process);
            Assert.IsTrue(process.HasExited);
            Assert.AreEqual(exitCode, process.ExitCode);
            Assert.IsLessThanOrEqualTo(DateTime.Now, process.ExitTime);
        }
    }

    [TestMethod]
    public async Task EveryWait_EndsForAProcessOfAnotherParent()
    {
        foreach (Func<Process, Task> wait in Waits())
        {
            using NonChildProcess foreign = NonChildProcess.StartReaped();
            using Process process = _registry.Open(foreign.Id);
            Task ended = Task.Run(() => wait(process));
            foreign.Signal();
            await ended.WaitAsync(s_limit);
            Assert.IsTrue(_registry.HasExited(process));
        }
    }

    [TestMethod]
    public async Task EveryWait_EndsForAZombieThatStockTakesForRunning()
    {
        foreach (Func<Process, Task> wait in Waits())
        {
            using NonChildProcess foreign = NonChildProcess.StartUnreaped();
            using Process process = _registry.Open(foreign.Id);
            Task ended = Task.Run(() => wait(process));
            Assert.IsFalse(_registry.HasExited(process));
            foreign.KillAndWaitUntilZombie();
            await ended.WaitAsync(s_limit);
            Assert.IsTrue(_registry.HasExited(process));
            Assert.IsFalse(process.HasExited);
            _registry.Kill(process);
        }
    }

    [TestMethod]
    public async Task ARunningProcess_IsWaitedForInVainUntilTheTimeIsOver()
    {
        using Process process = TestProcesses.StartSleeper();
        Assert.IsFalse(_registry.WaitForExit(process, 0));
        Stopwatch watch = Stopwatch.StartNew();
        Assert.IsFalse(_registry.WaitForExit(process, 50));
        Assert.IsGreaterThanOrEqualTo(49, watch.ElapsedMilliseconds);
        Assert.IsFalse(process.WaitForExitPidFd(TimeSpan.FromMilliseconds(1)));

        Task endless = Task.Run(() => _registry.WaitForExit(process, -1));
        _registry.Kill(process);
        await endless.WaitAsync(s_limit);
    }

    [TestMethod]
    public void ATimeoutOutOfRange_IsRefusedAlsoAfterTheExit()
    {
        using Process process = TestProcesses.StartExiting(0);
        process.WaitForExit();
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => process.WaitForExitPidFd(-2));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => process.WaitForExitPidFd(TimeSpan.FromMilliseconds(-2)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => process.WaitForExitPidFd(TimeSpan.FromMilliseconds(int.MaxValue + 1L)));
        Assert.IsTrue(process.WaitForExitPidFd(TimeSpan.FromMilliseconds(-1)));
        Assert.IsTrue(process.WaitForExitPidFd(TimeSpan.FromMilliseconds(int.MaxValue)));
    }

    [TestMethod]
    public async Task Cancelling_NamesTheCallersTokenAndLeavesOtherWaitsAlone()
    {
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task cancelled = _registry.WaitForExitAsync(process, source.Token);
        Task other = _registry.WaitForExitAsync(process);
        await source.CancelAsync();

        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.WaitAsync(s_limit));
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.IsFalse(process.HasExited);
        Assert.IsFalse(other.IsCompleted);

        await Assert.ThrowsAsync<OperationCanceledException>(() => _registry.WaitForExitAsync(process, source.Token));
        _registry.Kill(process);
        await other.WaitAsync(s_limit);
        await _registry.WaitForExitAsync(process, source.Token);
    }

    [TestMethod]
    public async Task AThousandCancelledWaits_LeaveNoRegistration()
    {
        ExitEventLoop watcher = PidFdPlatform.Shared.Watcher;
        TestProcesses.WaitUntil(() => watcher.Count == 0, "earlier tests have no wait left");
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task[] waits = [.. Enumerable.Range(0, 1000).Select(_ => _registry.WaitForExitAsync(process, source.Token))];
        Assert.AreEqual(1, watcher.Count);

        await source.CancelAsync();

        await Task.WhenAll(waits).WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.IsTrue(waits.All(wait => wait.IsCanceled));
        Assert.AreEqual(0, watcher.Count);
        process.Kill();
    }

    // One wait alone could leave it to others to raise it, several together could raise it several times.
    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public async Task Exited_IsRaisedOnceAndNeverByTheWatcher(bool enable, bool alone)
    {
        using Process process = TestProcesses.StartSleeper();
        ConcurrentQueue<string?> threads = [];
        process.Exited += (_, _) => threads.Enqueue(Thread.CurrentThread.Name);
        process.EnableRaisingEvents = enable;
        Task wait = _registry.WaitForExitAsync(process);
        Task other = alone ? Task.CompletedTask : _registry.WaitForExitAsync(process);
        _registry.Kill(process);
        await Task.WhenAll(wait, other).WaitAsync(s_limit);
        Assert.IsTrue(process.EnableRaisingEvents);
        if (!alone)
        {
            Assert.IsTrue(_registry.WaitForExit(process, -1));
        }

        // Lets a handler under way end, and none begin.
        process.Close();
        Assert.HasCount(1, threads);
        Assert.DoesNotContain("PidFdProcess exit watcher", threads);
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task AHandlerOfExited_SeesTheContextOfTheWaitThatEnabledIt(bool inline, bool reads)
    {
        using ProcessHandleRegistry registry = new(new PidFdPlatform(LinuxKernel.Instance, inline));
        using Process process = new()
        {
            StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) { RedirectStandardOutput = reads },
        };
        process.Start();
        AsyncLocal<string?> local = new();
        TaskCompletionSource<string?> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => seen.TrySetResult(local.Value);
        local.Value = "of the wait";
        Task wait = registry.WaitForExitAsync(process);
        local.Value = null;
        registry.Kill(process);
        await wait.WaitAsync(s_limit);
        Assert.AreEqual("of the wait", await seen.Task.WaitAsync(s_limit));
    }

    [TestMethod]
    public void AZombieThatNativeCodeDoesNotReap_IsWaitedForOnce()
    {
        using NativeChild child = NativeChild.StartShell("exit 0");
        using Process process = _registry.Open(child.Id);
        child.WaitUntilZombie();

        // Until then it may be one that the runtime is about to reap.
        Assert.IsTrue(_registry.HasExited(process));
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 50; i++)
        {
            Assert.IsTrue(_registry.HasExited(process));
            Assert.IsTrue(_registry.WaitForExit(process, 0));
        }

        Assert.IsLessThan(TimeSpan.FromSeconds(5), watch.Elapsed, "100 ms each would be 10 s");
    }

    public void Dispose() => _registry.Dispose();

    private IEnumerable<Func<Process, Task>> Waits()
    {
        yield return process => Task.Run(() => Assert.IsTrue(_registry.WaitForExit(process, -1)));
        yield return process => Task.Run(() => Assert.IsTrue(_registry.WaitForExit(process, 30_000)));
        yield return process => _registry.WaitForExitAsync(process).WaitAsync(s_limit);
        yield return process => Task.Run(() => TestProcesses.WaitUntil(() => _registry.HasExited(process), "it has exited"));
    }
}
