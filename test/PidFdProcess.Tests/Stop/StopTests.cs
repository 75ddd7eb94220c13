using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>Graceful stops of one process, on both routes.</summary>
[TestClass]
public sealed class StopTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task AStop_WithAnotherSignal_SendsThatSignal()
    {
        using Process process = ReadyShell.Start("trap '' TERM; trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done");
        PidFdExitStatus status = await process.StopViaPidFdAsync(s_long, (PosixSignal)(int)Signum.SIGUSR1).WaitAsync(s_limit);
        Assert.AreEqual("exited 7", status.ToString());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AnExitedProcess_KeepsItsStatus(bool entireProcessTree)
    {
        using Process process = TestProcesses.StartExiting(5);
        process.WaitForExit();
        PidFdExitStatus status = await process.StopViaPidFdAsync(TimeSpan.Zero, entireProcessTree: entireProcessTree).WaitAsync(s_limit);
        Assert.AreEqual(5, status.ExitCode);
        Assert.IsFalse(status.Canceled);
    }

    [TestMethod]
    public async Task AStop_WhoseSigcontIsRefused_GoesOn()
    {
        HookedKernel kernel = new() { OnSignal = static (_, signal) => signal == (int)Signum.SIGCONT ? Errno.EPERM : null };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        PidFdExitStatus status = await registry.StopAsync(process, s_long).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGTERM", status.ToString());
    }

    [TestMethod]
    public async Task AStop_WithAnInfiniteGracePeriod_NeverKills()
    {
        using Fifo fifo = new();
        using Process process = ReadyShell.Start($"trap '' TERM; echo ready; {fifo.Wait}; exit 3");
        Task<PidFdExitStatus> stop = process.StopViaPidFdAsync(Timeout.InfiniteTimeSpan);
        Task first = await Task.WhenAny(stop, Task.Delay(200));
        Assert.AreNotSame(stop, first);
        fifo.Open();
        Assert.AreEqual("exited 3", (await stop.WaitAsync(s_limit)).ToString());
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task AStop_ThatIsCancelled_LeavesTheProcessRunning(bool stock, bool entireProcessTree)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process process = ReadyShell.Start("trap 'echo got it' TERM; echo ready; while :; do sleep 0.01; done");
        using CancellationTokenSource source = new();
        Task<PidFdExitStatus> stop = registry.StopAsync(process, s_long, entireProcessTree: entireProcessTree, cancellationToken: source.Token);
        Assert.AreEqual("got it", await process.StandardOutput.ReadLineAsync().WaitAsync(s_limit));
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => stop.WaitAsync(s_limit));
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.IsFalse(process.HasExited);
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public async Task AStop_OfANonChildThatIgnoresTheSignal_KillsIt()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped("trap '' TERM; exec sleep 1000");
        using Process process = ProcessHandleRegistry.Default.Open(nonChild.Id);
        nonChild.WaitUntilSleeper();
        PidFdExitStatus status = await process.StopViaPidFdAsync(s_short).WaitAsync(s_limit);
        Assert.IsTrue(status.Canceled, status.ToString());
    }

    [TestMethod]
    public async Task AStop_ThatIsNotPermitted_ThrowsThroughTheTask()
    {
        OtherUser.Require();

        // The thread of the event loop may get the rights of the other user, so it must not be that of other tests.
        using ProcessHandleRegistry registry = TestRegistry.On(new HookedKernel().Platform);
        using Process process = TestProcesses.StartSleeper();
        Task<PidFdExitStatus> stop = null!;
        OtherUser.Run(() => stop = registry.StopAsync(process, s_long));
        Win32Exception e = await Assert.ThrowsExactlyAsync<Win32Exception>(() => stop.WaitAsync(s_limit));
        Assert.AreEqual((int)Errno.EPERM, e.NativeErrorCode);
        Assert.IsFalse(process.HasExited);
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public void AStop_WithWrongArguments_ThrowsAtOnce()
    {
        using Process process = new();
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = ((Process)null!).StopViaPidFdAsync(TimeSpan.Zero); });
        ArgumentOutOfRangeException e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => { _ = process.StopViaPidFdAsync(TimeSpan.FromMilliseconds(-2)); });
        Assert.AreEqual("gracePeriod", e.ParamName);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => { _ = process.StopViaPidFdAsync(TimeSpan.FromDays(25)); });
        Task<PidFdExitStatus> stop = process.StopViaPidFdAsync(TimeSpan.Zero);
        Assert.ThrowsExactly<InvalidOperationException>(() => stop.GetAwaiter().GetResult());
        stop = process.StopViaPidFdAsync(TimeSpan.Zero, entireProcessTree: true);
        Assert.ThrowsExactly<InvalidOperationException>(() => stop.GetAwaiter().GetResult());
    }

    [TestMethod]
    public async Task AStop_ThatHasEnded_LeavesNoPidFdAndNoWatch()
    {
        int before = ResourceCounts.PidFdBaseline();
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        using (Process process = ReadyShell.Start(ReadyShell.Ignores))
        {
            await process.StopViaPidFdAsync(s_short).WaitAsync(s_limit);
        }

        using (Process process = ReadyShell.Start(ReadyShell.Ignores))
        {
            await process.StopViaPidFdAsync(s_short, entireProcessTree: true).WaitAsync(s_limit);
        }

        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count <= watches, "no process is watched");
        ResourceCounts.WaitForPidFds(before);
    }
}
