using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>
/// An asynchronous stop waits before it signals. Otherwise a process that dies at once is often reaped before the wait begins, and with it goes the
/// resource usage.
/// </summary>
[TestClass]
public sealed class WaitBeforeSignalTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly HookedKernel _kernel = new();

    [TestMethod]
    [DataRow(true, 15)]
    [DataRow(false, Native.SigKill)]
    public async Task TheSignal_ComesWhenTheWaitHasBegun(bool hasStep, int signal)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        List<int> waits = [];
        _kernel.OnSignal = (_, number) =>
        {
            if (number == signal)
            {
                waits.Add(_kernel.Platform.EventLoop.Count);
            }

            return null;
        };
        ProcessStopOptions options = new() { Steps = hasStep ? [new(PosixSignal.SIGTERM, s_limit)] : [] };
        await registry.StopAsync(process, options, CancellationToken.None);
        CollectionAssert.AreEqual(new[] { 1 }, waits);
    }

    [TestMethod]
    public async Task ASignalThatIsRefused_EndsTheWait()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        _kernel.OnSignal = static (_, _) => Errno.EPERM;
        await Assert.ThrowsExactlyAsync<Win32Exception>(() => registry.StopAsync(process, s_limit));
        Assert.AreEqual(0, _kernel.Platform.EventLoop.Count);
        _kernel.OnSignal = null;
        registry.Kill(process);
        process.WaitForExit();
    }

    /// <summary>A stock wait would turn events on, and would block on the lock of the object.</summary>
    [TestMethod]
    public async Task OnTheStockRoute_ASignalThatIsRefused_HasBegunNoWait()
    {
        OtherUser.Require();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(_kernel.Platform, stock: true);
        using Process process = TestProcesses.StartSleeper();
        Task<PidFdExitStatus> stop = null!;
        OtherUser.Run(() => stop = registry.StopAsync(process, s_limit));
        await Assert.ThrowsExactlyAsync<Win32Exception>(() => stop);
        Assert.IsFalse(process.EnableRaisingEvents);
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public async Task ATokenThatIsCancelledBeforeTheSignal_SparesTheProcess()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task cancel = Task.CompletedTask;
        _kernel.OnEpollAdd = () =>
        {
            // On another thread, because the token's callback takes the lock that this thread holds.
            cancel = Task.Run(source.Cancel);
            TestProcesses.WaitUntil(() => source.IsCancellationRequested, "the token is cancelled");
            return null;
        };
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => registry.StopAsync(process, new ProcessStopOptions { Steps = [] }, source.Token));
        await cancel;
        Assert.IsFalse(_kernel.Calls.Contains($"signal {Native.SigKill}"));
        registry.Kill(process);
        process.WaitForExit();
    }
}
