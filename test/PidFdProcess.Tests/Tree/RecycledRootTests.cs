using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PidFdProcess.Calls;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>A child without a pidfd has exited and was reaped, and a stranger with a child of its own has got its PID.</summary>
[TestClass]
public sealed class RecycledRootTests
{
    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_calls = new()
    {
        ["Kill of the tree"] = static (registry, process) => registry.Kill(process, entireProcessTree: true),
        ["KillDescendants"] = static (registry, process) => registry.KillDescendants(process),
        ["Stop of the tree"] = static (registry, process) => registry.Stop(process, TimeSpan.Zero, PosixSignal.SIGTERM, entireProcessTree: true),
        ["WaitForExitOrKill of the tree"] = static (registry, process) =>
            registry.WaitForExitOrKill(process, TimeSpan.Zero, entireProcessTree: true),
        ["Open of the descendants"] = static (registry, process) => Assert.IsEmpty(RelativeCalls.Open(registry.Runs, process, all: true)),
        ["WaitForTreeExit"] = static (registry, process) => Assert.IsTrue(
            RelativeCalls.WaitForTreeExitAsync(registry.Runs, process, CancellationToken.None).Wait(Waiting.Limit)),
    };

    public static IEnumerable<object[]> Calls => from call in s_calls.Keys select new object[] { call };

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void ACallForTheTreeOfTheDead_SparesTheTreeOfTheStranger(string call)
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process dead = TestProcesses.StartSleeper();
        registry.Attach(dead);
        dead.Kill();
        dead.WaitForExit();
        using Process stranger = RecycledPid.Start(dead.Id, StartStranger, End);
        stranger.StandardInput.WriteLine();
        int child = int.Parse(stranger.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        try
        {
            s_calls[call](registry, dead);
            Thread.Sleep(100);
            TestProcesses.WaitUntilAsleep(child);
            TestProcesses.WaitUntilAsleep(stranger.Id);
        }
        finally
        {
            Native.KillByPid(child);
            stranger.Kill();
            stranger.WaitForExit();
        }
    }

    // It forks only when it is told to, so that a process with another PID leaves no child.
    private static Process StartStranger() =>
        Process.Start(Shell.Info("read line; sleep 1000 & echo $!; wait", redirectInput: true, redirectOutput: true))!;

    private static void End(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
