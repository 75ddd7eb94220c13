using System.Collections.Concurrent;
using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

[TestClass]
public sealed class WaitTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ProcessHandleRegistry _registry = new();

    [TestMethod]
    public async Task AThousandCancelledWaits_LeaveNoRegistration()
    {
        ExitEventLoop loop = PidFdPlatform.Shared.EventLoop;
        TestProcesses.WaitUntil(() => loop.Count == 0, "earlier tests have no wait left");
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task[] waits = [.. Enumerable.Range(0, 1000).Select(_ => _registry.WaitForExitAsync(process, source.Token))];
        Assert.AreEqual(1, loop.Count);

        await source.CancelAsync();

        await Task.WhenAll(waits).WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.IsTrue(waits.All(wait => wait.IsCanceled));
        Assert.AreEqual(0, loop.Count);
        process.Kill();
    }

    // A single wait might not raise Exited, and several waits together might raise it several times.
    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public async Task Exited_IsRaisedOnceAndNeverByTheEventLoop(bool enable, bool alone)
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

        // Waits for a handler under way, and lets no other begin.
        process.Close();
        Assert.HasCount(1, threads);
        Assert.DoesNotContain(ExitEventLoop.ThreadName, threads);
    }

    [TestMethod]
    [DataRow(false, false, true)]
    [DataRow(false, true, true)]
    [DataRow(false, true, false)]
    [DataRow(true, false, true)]
    [DataRow(true, true, true)]
    public async Task AHandlerOfExited_SeesTheContextOfTheWaitThatEnabledIt_IfThatFlows(bool inline, bool reads, bool flows)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(new PidFdPlatform(LinuxKernel.Instance, inline));
        using Process process = new()
        {
            StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) { RedirectStandardOutput = reads },
        };
        process.Start();
        AsyncLocal<string?> local = new();
        TaskCompletionSource<string?> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => seen.TrySetResult(local.Value);
        local.Value = "of the wait";
        Task wait;
        using (flows ? default : ExecutionContext.SuppressFlow())
        {
            wait = registry.WaitForExitAsync(process);
        }

        local.Value = null;
        registry.Kill(process);
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(flows ? "of the wait" : null, await seen.Task.WaitAsync(s_limit));
    }

    [TestMethod]
    public void AZombieThatNativeCodeDoesNotReap_IsWaitedForOnce()
    {
        using NativeChild child = NativeChild.StartShell("exit 0");
        using Process process = _registry.Open(child.Id);
        child.WaitUntilZombie();

        // Before this call, the library does not know whether the runtime is about to reap the child.
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
}
