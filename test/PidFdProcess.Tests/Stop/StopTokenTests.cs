using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>Stops of trees end with their token, and after the exit, on hosts that get in the way.</summary>
[TestClass]
public sealed class StopTokenTests
{
    private const string IgnoresTerm = "trap '' TERM; echo ready; exec sleep 1000";

    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Without a pidfd the runtime notices the exit of a non-child when its parent has reaped it.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStopOfATree_WithoutAPidFd_OfAProcessThatStaysAZombie_Ends(bool isAsynchronous)
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        nonChild.WaitUntilSleeper();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using Process process = registry.Open(nonChild.Id);
        ProcessStopOptions options = new()
        {
            Steps = [new ProcessStopStep(PosixSignal.SIGTERM, s_long)],
            Scope = ProcessStopScope.EntireTree,
            KillTimeout = Timeout.InfiniteTimeSpan,
        };
        Task<PidFdExitStatus> stop = isAsynchronous ? registry.StopAsync(process, options, CancellationToken.None) : Task.Factory.StartNew(
            () => registry.Stop(process, options), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        PidFdExitStatus status = await stop.WaitAsync(s_limit);
        Assert.AreEqual(ExitStatusSource.Unknown, status.Source);
        Assert.IsFalse(status.Canceled);
        Assert.AreEqual('Z', ProcessTable.StateOf(nonChild.Id));
    }

    /// <summary>A thread that starts a program slowly holds this lock of the runtime, and the runtime reaps nobody until it has let go.</summary>
    [TestMethod]
    public async Task AStopOfATree_WithoutAPidFd_WaitsForALateReap_BecauseOnlyTheRuntimeTellsTheExitCode()
    {
        object? gate = typeof(Process).GetField("s_processStartLock", BindingFlags.Static | BindingFlags.NonPublic)?.GetValue(null);
        if (gate is not ReaderWriterLockSlim startLock)
        {
            Assert.Inconclusive("This runtime has another lock.");
            return;
        }

        using Process process = ReadyShell.Start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        registry.Attach(process);
        using ManualResetEventSlim isHeld = new();
        using ManualResetEventSlim letGo = new();
        Task holder = Task.Factory.StartNew(
            () =>
            {
                startLock.EnterReadLock();
                isHeld.Set();
                letGo.Wait();
                startLock.ExitReadLock();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        isHeld.Wait();
        Task<PidFdExitStatus> stop = registry.StopAsync(process, s_long, entireProcessTree: true);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(process.Id) == 'Z', "the process is a zombie");
        Task first = await Task.WhenAny(stop, Task.Delay(500));
        letGo.Set();
        await holder;
        Assert.AreNotSame(stop, first);
        Assert.AreEqual(7, (await stop.WaitAsync(s_limit)).ExitCode);
    }

    [TestMethod]
    public async Task AStopOfATree_WithoutProc_WhoseTokenIsCancelled_SendsNothing()
    {
        HookedKernel kernel = new() { OnReadStat = static id => id == Environment.ProcessId ? Errno.ENOENT : null };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        CancellationToken canceled = new(canceled: true);
        Task<PidFdExitStatus> stop = registry.StopAsync(process, s_long, entireProcessTree: true, cancellationToken: canceled);
        await Assert.ThrowsAsync<OperationCanceledException>(() => stop.WaitAsync(s_limit));
        Assert.IsFalse(kernel.Calls.Contains("signal 15"));
        Assert.IsFalse(process.HasExited);
        process.Kill();
    }

    [TestMethod]
    public async Task AStopOfATree_WithoutProc_EndsWithItsToken_AndKillsNothing()
    {
        HookedKernel kernel = new() { OnReadStat = static id => id == Environment.ProcessId ? Errno.ENOENT : null };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = ReadyShell.Start(IgnoresTerm);
        using CancellationTokenSource source = new();
        Task<PidFdExitStatus> stop = registry.StopAsync(process, Timeout.InfiniteTimeSpan, entireProcessTree: true, cancellationToken: source.Token);
        TestProcesses.WaitUntil(() => kernel.Calls.Contains("signal 15"), "the signal was sent");
        await source.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAsync<OperationCanceledException>(() => stop.WaitAsync(s_limit));
        Assert.AreEqual(source.Token, thrown.CancellationToken);
        Assert.IsFalse(process.HasExited);
        process.Kill();
    }

    /// <summary>A security module may forbid the file. Then there may be descendants, which the call has not found.</summary>
    [TestMethod]
    [DataRow((int)Errno.EACCES, true)]
    [DataRow((int)Errno.EACCES, false)]
    [DataRow((int)Errno.EPERM, true)]
    [DataRow((int)Errno.EPERM, false)]
    public void AProgramThatMayNotReadItsOwnFile_EndsTheRoot_AndReportsTheRest(int errno, bool kills)
    {
        HookedKernel kernel = new() { OnReadStat = id => id == Environment.ProcessId ? (Errno)errno : null };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        AggregateException thrown = Assert.ThrowsExactly<AggregateException>(() =>
        {
            if (kills)
            {
                registry.Kill(process, entireProcessTree: true);
            }
            else
            {
                registry.Stop(process, s_long, entireProcessTree: true);
            }
        });
        string expected = $"/proc/self/stat: {(Errno)errno} (the tree may not be complete)";
        StringAssert.Contains(thrown.InnerExceptions.Single().Message, expected, StringComparison.Ordinal);
        Assert.IsTrue(process.WaitForExit(s_limit));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStopWithACancelledToken_AfterTheExit_TellsTheStatus(bool entireProcessTree)
    {
        using Process process = TestProcesses.StartExiting(5);
        process.TryGetPidFd(out SafePidFdHandle? pidFd);
        pidFd?.Dispose();
        process.WaitForExit();
        PidFdExitStatus status = await process.StopViaPidFdAsync(
            s_long, entireProcessTree: entireProcessTree, cancellationToken: new CancellationToken(canceled: true)).WaitAsync(s_limit);
        Assert.AreEqual(5, status.ExitCode);
    }
}
