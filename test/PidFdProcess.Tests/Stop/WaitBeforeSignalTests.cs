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
    [DataRow(PosixSignal.SIGTERM, 15)]
    [DataRow((PosixSignal)Native.SigKill, Native.SigKill)]
    public async Task TheSignal_ComesWhenTheWaitHasBegun(PosixSignal signal, int signalNumber)
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        List<int> waits = [];
        _kernel.OnSignal = (_, number) =>
        {
            if (number == signalNumber)
            {
                waits.Add(_kernel.Platform.EventLoop.Count);
            }

            return null;
        };
        await registry.StopAsync(process, new ProcessStopOptions { Steps = [new(signal, s_limit)] }, default);
        CollectionAssert.AreEqual(new[] { 1 }, waits);
    }

    [TestMethod]
    public async Task ASignalThatIsRefused_EndsTheWait()
    {
        using ProcessHandleRegistry registry = TestRegistry.On(_kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        _kernel.OnSignal = static (_, _) => Errno.EPERM;
        await Assert.ThrowsExactlyAsync<Win32Exception>(() => registry.StopAsync(process, new ProcessStopOptions(), default));
        Assert.AreEqual(0, _kernel.Platform.EventLoop.Count);
        _kernel.OnSignal = null;
        registry.Kill(process);
        process.WaitForExit();
    }
}
