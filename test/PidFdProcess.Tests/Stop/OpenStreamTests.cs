using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>
/// A grandchild that gets no signal holds the output open. Stops and the wait for the first of many end with the exit nevertheless, on each route.
/// </summary>
[TestClass]
public sealed class OpenStreamTests : IDisposable
{
    private const string Grandchild = "sleep 1000 & echo $!;";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<int> _grandchild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AStop_OfAProcessThatObeys_EndsWithTheExit(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        Process process = await StartAsync("exec sleep 1000");
        PidFdExitStatus status = await registry.StopAsync(process, Timeout.InfiniteTimeSpan).WaitAsync(s_limit);
        Assert.AreEqual(143, status.ExitCode);
        RequireGrandchild();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AStop_ThatKills_EndsWithTheExit(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        Process process = await StartAsync("exec sleep 1000");

        // A signal that does not end it.
        PidFdExitStatus status = await registry.StopAsync(process, TimeSpan.FromMilliseconds(10), PosixSignal.SIGCONT).WaitAsync(s_limit);
        Assert.AreEqual(137, status.ExitCode);
        Assert.IsTrue(status.Canceled);
        RequireGrandchild();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ABlockingWaitOrKill_ThatKills_EndsWithTheExit(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        Process process = await StartAsync("exec sleep 1000");
        PidFdExitStatus status = await Task.Run(() => registry.WaitForExitOrKill(process, TimeSpan.FromMilliseconds(10))).WaitAsync(s_limit);
        Assert.IsTrue(status.Canceled);
        RequireGrandchild();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ABlockingWaitOrKill_WithoutALimit_EndsWithTheExit(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        Process process = await StartAsync("exit 7");
        PidFdExitStatus status = await Task.Run(() => registry.WaitForExitOrKill(process, Timeout.InfiniteTimeSpan)).WaitAsync(s_limit);
        Assert.AreEqual(7, status.ExitCode);
        RequireGrandchild();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AnAsynchronousWaitOrKill_ThatIsCancelled_EndsWithTheExit(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        Process process = await StartAsync("exec sleep 1000");
        using CancellationTokenSource source = new();
        Task<PidFdExitStatus> wait = registry.WaitForExitOrKillAsync(process, source.Token);
        Assert.IsFalse(wait.IsCompleted);
        await source.CancelAsync();
        Assert.IsTrue((await wait.WaitAsync(s_limit)).Canceled);
        RequireGrandchild();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWaitForTheFirstOfMany_EndsWithTheFirstExit(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        Process process = await StartAsync("exit 7");
        using Process other = TestProcesses.StartSleeper();
        Assert.AreSame(process, await registry.WhenAnyExitAsync([other, process]).WaitAsync(s_limit));
        RequireGrandchild();
        other.Kill();
        other.WaitForExit();
    }

    public void Dispose()
    {
        if (_grandchild.Task.IsCompletedSuccessfully)
        {
            using Process grandchild = Process.GetProcessById(_grandchild.Task.Result);
            grandchild.Kill();
        }

        _process?.Dispose();
    }

    private async Task<Process> StartAsync(string script)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("/bin/sh", ["-c", $"{Grandchild} {script}"]) { RedirectStandardOutput = true },
        };
        _process.OutputDataReceived += (_, e) =>
        {
            if (int.TryParse(e.Data, CultureInfo.InvariantCulture, out int id))
            {
                _grandchild.TrySetResult(id);
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
        await _grandchild.Task.WaitAsync(s_limit);
        return _process;
    }

    private void RequireGrandchild() => Assert.IsNotNull(ProcessTable.StateOf(_grandchild.Task.Result), "the stop does not reach the grandchild");
}
