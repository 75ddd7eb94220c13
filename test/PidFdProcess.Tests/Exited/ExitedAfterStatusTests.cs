using System.Diagnostics;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>
/// A status that the runtime tells raises nothing. The next call that raises Exited with the stock members raises it as if nobody had asked for the
/// status.
/// </summary>
[TestClass]
public sealed class ExitedAfterStatusTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_calls = new()
    {
        ["WaitForExitAsync"] = static (registry, process) => Assert.IsTrue(registry.WaitForExitAsync(process).Wait(s_limit)),
        ["WaitForExitOnlyAsync"] = static (registry, process) => Assert.IsTrue(registry.WaitForExitOnlyAsync(process).Wait(s_limit)),
        ["HasExited"] = static (registry, process) => Assert.IsTrue(registry.HasExited(process)),
        ["stock HasExited"] = static (_, process) => Assert.IsTrue(process.HasExited),
        ["stock ExitCode"] = static (_, process) => Assert.AreEqual(3, process.ExitCode),
        ["stock ExitTime"] = static (_, process) => Assert.IsLessThanOrEqualTo(DateTime.Now, process.ExitTime),
        ["stock WaitForExitAsync"] = static (_, process) => Assert.IsTrue(process.WaitForExitAsync().Wait(s_limit)),
    };

    /// <summary>The calls on each route. Without a pidfd, the wait for the exit alone raises nothing if the process has exited before.</summary>
    public static IEnumerable<object[]> Calls =>
        from call in s_calls.Keys
        from stock in new[] { false, true }
        where !stock || call != "WaitForExitOnlyAsync"
        select new object[] { call, stock };

    [TestMethod]
    public void TheStatusOfARun_AfterARestart_IsNotThatOfTheNewRun()
    {
        using Process process = TestProcesses.StartExiting(3);
        RunIdentity first = RunIdentity.Of(process);
        process.WaitForExit();
        Assert.AreEqual(3, RuntimeExit.Read(process, first)?.Code);
        process.StartInfo.ArgumentList[1] = "exit 4";
        process.Start();
        Assert.IsNull(RuntimeExit.Read(process, first));
        process.WaitForExit();
        Assert.IsNull(RuntimeExit.Read(process, first));
        Assert.AreEqual(4, RuntimeExit.Read(process, RunIdentity.Of(process))?.Code);
    }

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void ACall_AfterAStatusOfTheRuntime_RaisesExitedOnce(string call, bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sh", ["-c", "exit 3"]) };
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        process.Start();
        process.WaitForExit();
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Assert.AreEqual(ExitStatusSource.Runtime, status.Source);
        Assert.AreEqual(3, status.ExitCode);
        Assert.AreEqual(0, Volatile.Read(ref raised));
        s_calls[call](registry, process);
        Assert.AreEqual(1, Volatile.Read(ref raised));
        Assert.IsTrue(process.HasExited);
        Assert.AreEqual(process.ExitTime, status.ExitTime);
        Assert.AreEqual(1, Volatile.Read(ref raised));
    }
}
