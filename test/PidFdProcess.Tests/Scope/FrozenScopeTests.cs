using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Scope;

/// <summary>Stops of scopes with processes in a frozen cgroup, which survive SIGKILL until it is thawed.</summary>
[TestClass]
public sealed class FrozenScopeTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Stop_OfAFrozenProcess_NamesIt_WithinItsTime()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_grace });
        using FrozenProcess frozen = new(scope.Start(new ProcessStartInfo("/bin/sleep", ["1000"])));
        ProcessScopeResult result = await StopInTimeAsync(scope);
        AssertNamed(result, frozen.Process.Id);
        Assert.IsEmpty(result.Exits);
    }

    [TestMethod]
    public async Task Stop_WithAFrozenDescendant_NamesIt_WithinItsTime()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_grace });
        using Process root = scope.Start(Shell.Info("sleep 1000 & echo $!; wait", redirectOutput: true));
        int child = int.Parse(root.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        using FrozenProcess frozen = new(Process.GetProcessById(child));
        ProcessScopeResult result = await StopInTimeAsync(scope);
        AssertNamed(result, child);
        Assert.AreEqual("killed by SIGTERM", result.Exits.Single().Status.ToString());
    }

    [TestMethod]
    public async Task Stop_OfAHundredProcesses_OfWhichTenAreFrozen_TakesNoLonger()
    {
        using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_grace });
        Process[] processes = [.. Enumerable.Range(0, 100).Select(_ => scope.Start(new ProcessStartInfo("/bin/sleep", ["1000"])))];
        FrozenProcess[] frozen = [.. processes.Take(10).Select(static process => new FrozenProcess(process))];
        try
        {
            ProcessScopeResult result = await StopInTimeAsync(scope);
            AssertNamed(result, [.. frozen.Select(static each => each.Process.Id)]);
            Assert.HasCount(90, result.Exits);
        }
        finally
        {
            Array.ForEach(frozen, static each => each.Dispose());
            Array.ForEach(processes, static process => process.Dispose());
        }
    }

    [TestMethod]
    public async Task AStopThatIsCancelledAfterTheKill_KeepsTheExitStatuses()
    {
        await using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = TimeSpan.Zero });
        using Process process = scope.Start(new ProcessStartInfo("/bin/sleep", ["1000"]));
        using FrozenProcess frozen = new(scope.Start(new ProcessStartInfo("/bin/sleep", ["1000"])));
        using CancellationTokenSource source = new();
        Task stop = scope.StopAsync(source.Token);
        TestProcesses.WaitUntil(() => frozen.HasPendingKill() && scope.Processes.Count <= 1, "the kill is sent and the other process has exited");

        // The frozen process usually keeps the stop waiting for 0.8 s. On a busy machine the stop may be over by now.
        await source.CancelAsync();
        await stop.WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ProcessScopeResult result = await scope.StopAsync().WaitAsync(s_limit);
        Assert.AreSame(process, result.Exits.Single().Process);
        AssertNamed(result, frozen.Process.Id);
    }

    private static void AssertNamed(ProcessScopeResult result, params int[] ids)
    {
        CollectionAssert.AreEquivalent(ids, result.Survivors.Select(static survivor => survivor.ProcessId).ToArray(), $"{result}");
        Assert.IsTrue(result.Survivors.All(static survivor => survivor is { Name: "sleep", Reason: "it has not exited since SIGKILL" }), $"{result}");
    }

    private async Task<ProcessScopeResult> StopInTimeAsync(ProcessScope scope)
    {
        StopTime time = new(s_grace);
        ProcessScopeResult result = await time.Watch(scope.StopAsync()).WaitAsync(s_limit);
        time.AssertKept(TestContext);
        return result;
    }
}
