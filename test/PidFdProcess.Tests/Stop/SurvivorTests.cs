using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>Calls on a process that survives SIGKILL, because its cgroup is frozen. A call in state D does the same.</summary>
[TestClass]
public sealed class SurvivorTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly ProcessStopOptions s_options = new() { Steps = [], KillTimeout = s_short };

    private static readonly Dictionary<string, (Type Exception, Func<Process, CancellationToken, Task> Call)> s_calls = new()
    {
        ["Stop"] = (typeof(TimeoutException), static (process, _) => OnThread(() => process.StopViaPidFd(s_options))),
        ["StopAsync"] = (typeof(TimeoutException), static (process, _) => process.StopViaPidFdAsync(s_options)),
        ["StopAsync of the tree"] = (typeof(TimeoutException), static (process, _) =>
            process.StopViaPidFdAsync(new ProcessStopOptions { Steps = [], KillTimeout = s_short, Scope = ProcessStopScope.EntireTree })),
        ["StopAsync without end and with a token"] = (typeof(OperationCanceledException), static (process, token) =>
            process.StopViaPidFdAsync(new ProcessStopOptions { Steps = [], KillTimeout = Timeout.InfiniteTimeSpan }, token)),
        ["StopAsync of the tree with a token"] = (typeof(OperationCanceledException), static (process, token) => process.StopViaPidFdAsync(
            new ProcessStopOptions { Steps = [], KillTimeout = Timeout.InfiniteTimeSpan, Scope = ProcessStopScope.EntireTree }, token)),
        ["WaitForExitOrKill"] = (typeof(TimeoutException), static (process, _) => OnThread(() => process.WaitForExitOrKillPidFd(s_short))),
        ["WaitForExitOrKillAsync"] = (typeof(TimeoutException), static (process, _) => process.WaitForExitOrKillPidFdAsync(s_short)),
        ["WaitForExitOrKillAsync with a token"] = (typeof(OperationCanceledException), static (process, token) =>
            process.WaitForExitOrKillPidFdAsync(TimeSpan.Zero, cancellationToken: token)),
        ["WaitForExitOrKillAsync at the token"] = (typeof(TimeoutException), static (process, token) => process.WaitForExitOrKillPidFdAsync(token)),
    };

    public static IEnumerable<object[]> Calls => from call in s_calls.Keys select new object[] { call };

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public async Task ACall_WhoseProcessSurvivesTheKill_EndsByItsTimeOrToken(string name)
    {
        using FrozenProcess frozen = new();
        using CancellationTokenSource source = new();
        Task call = s_calls[name].Call(frozen.Process, source.Token);
        bool killsAtToken = name.EndsWith("at the token", StringComparison.Ordinal);
        TestProcesses.WaitUntil(() => frozen.HasPendingKill() || call.IsCompleted || killsAtToken, "the kill is sent");
        await source.CancelAsync();
        await call.WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Exception? exception = call.IsCanceled ? new OperationCanceledException() : call.Exception?.InnerException;
        Assert.IsInstanceOfType(exception, s_calls[name].Exception, exception?.ToString() ?? "none");
        Assert.IsFalse(frozen.Process.HasExitedPidFd());
    }

    [TestMethod]
    public async Task AKillAndAWait_OfAProcessThatSurvives_KeepTheirLimits()
    {
        using FrozenProcess frozen = new();
        frozen.Process.KillViaPidFd();
        Assert.IsFalse(frozen.Process.WaitForExitPidFd(s_short));
        Assert.IsFalse(frozen.Process.TryWaitForExitStatusPidFd(s_short, out _));
        using CancellationTokenSource source = new(s_short);
        await Assert.ThrowsAsync<OperationCanceledException>(() => frozen.Process.WaitForExitPidFdAsync(source.Token).WaitAsync(s_limit));
    }

    [TestMethod]
    public async Task AStopOfATree_WhoseDescendantSurvivesTheKill_NamesTheDescendant()
    {
        using PipedProcess root = new("sleep 1000 & echo $!; wait");
        int child = int.Parse(root.FirstLine, CultureInfo.InvariantCulture);
        using FrozenProcess frozen = new(Process.GetProcessById(child));
        ProcessStopOptions options = new() { Steps = [], KillTimeout = TimeSpan.FromSeconds(2), Scope = ProcessStopScope.EntireTree };
        AggregateException e = await Assert.ThrowsExactlyAsync<AggregateException>(() => root.StopViaPidFdAsync(options).WaitAsync(s_limit));
        Assert.IsInstanceOfType<TimeoutException>(e.InnerExceptions.Single());
        Assert.Contains($"Process {child} is alive", e.InnerException!.Message);
        Assert.IsTrue(root.WaitForExitPidFd(s_limit));
    }

    private static Task OnThread(Action action) => Task.Factory.StartNew(action, TaskCreationOptions.LongRunning);
}
