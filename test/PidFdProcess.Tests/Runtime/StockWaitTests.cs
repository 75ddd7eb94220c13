using System.Diagnostics;
using System.Reflection;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Runtime;

/// <summary>The asynchronous wait for a process without a pidfd, when its handler of Exited is not called.</summary>
[TestClass]
public sealed class StockWaitTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    // Longer than the interval at which the wait looks.
    private static readonly TimeSpan s_severalLooks = TimeSpan.FromSeconds(2.5);

    [TestMethod]
    public async Task AWait_ThatBeginsAfterExitedWasRaised_Ends()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        TaskCompletionSource raised = new();
        process.Exited += (_, _) => raised.SetResult();
        process.EnableRaisingEvents = true;
        Native.KillByPid(process.Id);
        await raised.Task.WaitAsync(s_limit);

        await registry.WaitForExitOnlyAsync(process).WaitAsync(s_limit);
        Assert.AreEqual(ProcessRoute.Stock, registry.Attach(process).Route);
        Assert.AreEqual(137, process.ExitCode);
    }

    /// <summary>The runtime adds and removes handlers without a lock, so another thread can undo what the wait has added.</summary>
    [TestMethod]
    public async Task AWait_WhoseHandlerIsLost_EndsAtTheExit_AndNotBefore()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock: true);
        using Process process = TestProcesses.StartSleeper();
        Task wait = registry.WaitForExitOnlyAsync(process);
        typeof(Process).GetField("_onExited", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(process, null);
        Assert.AreNotSame(wait, await Task.WhenAny(wait, Task.Delay(s_severalLooks)));

        Native.KillByPid(process.Id);
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(137, process.ExitCode);
    }
}
