using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests;

[TestClass]
public sealed class SmokeTests
{
    [TestMethod]
    public async Task KillsAndAwaitsAChild()
    {
        using Process process = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        ProcessAttachment attachment = registry.Attach(process);
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route, attachment.Reason);
        Task exit = registry.WaitForExitAsync(process);
        Assert.IsFalse(exit.IsCompleted);
        registry.Kill(process);
        await exit.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.AreEqual(137, process.ExitCode);
        Assert.AreEqual(0, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    public async Task AwaitsAForeignZombie()
    {
        using ForeignProcess foreign = ForeignProcess.StartUnreaped();
        using Process process = ProcessHandleRegistry.Default.Open(foreign.Id);
        Task exit = process.WaitForExitPidFdAsync();
        process.KillViaPidFd();
        await exit.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.IsFalse(process.HasExited);
        Assert.IsTrue(process.HasExitedPidFd());
    }
}
