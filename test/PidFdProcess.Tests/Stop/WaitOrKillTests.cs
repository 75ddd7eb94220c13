using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using PidFdProcess.Tests.Tree;

namespace PidFdProcess.Tests.Stop;

[TestClass]
public sealed class WaitOrKillTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task WaitForExitOrKill_WithoutCancellation_WaitsForTheExit()
    {
        using Process process = TestProcesses.StartShell("sleep 0.2; exit 2");
        Assert.AreEqual("exited 2", (await process.WaitForExitOrKillPidFdAsync(CancellationToken.None).WaitAsync(s_limit)).ToString());
    }

    [TestMethod]
    public async Task WaitForExitOrKill_WhileAGrandchildKeepsTheStreamOpen_EndsWithTheExit()
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"]) { RedirectStandardOutput = true })!;
        TaskCompletionSource<string?> line = new();
        process.OutputDataReceived += (_, e) => line.TrySetResult(e.Data);
        process.BeginOutputReadLine();
        int grandchild = int.Parse((await line.Task.WaitAsync(s_limit))!, System.Globalization.CultureInfo.InvariantCulture);
        Task<PidFdExitStatus> wait = Task.Run(() => process.WaitForExitOrKillPidFd(TimeSpan.FromMilliseconds(20)));
        Assert.IsTrue((await wait.WaitAsync(s_limit)).Canceled);
        TestProcesses.WaitUntilAsleep(grandchild);
        Assert.AreEqual(137, (await process.WaitForExitOrKillPidFdAsync(CancellationToken.None).WaitAsync(s_limit)).ExitCode);
        Native.KillByPid(grandchild);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void WaitForExitOrKill_AfterItsTime_KillsTheTree_IfAsked(bool entireProcessTree)
    {
        using MarkedTree tree = new("sleep 1000 & echo $!; wait");
        int child = tree.ReadId();
        PidFdExitStatus status = tree.Root.WaitForExitOrKillPidFd(TimeSpan.FromMilliseconds(20), entireProcessTree);
        Assert.AreEqual("killed by SIGKILL (canceled)", status.ToString());
        tree.AssertAlive(entireProcessTree ? [] : [child]);
    }

    [TestMethod]
    public async Task WaitForExitOrKill_ThatKilled_LeavesNoPidFdAndNoWatch()
    {
        int before = ResourceCounts.PidFdBaseline();
        int watches = PidFdPlatform.Shared.EventLoop.Count;
        using Process process = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new(50);
        await process.WaitForExitOrKillPidFdAsync(source.Token).WaitAsync(s_limit);
        TestProcesses.WaitUntil(() => PidFdPlatform.Shared.EventLoop.Count <= watches, "no process is watched");
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    public void WaitForExitOrKill_WithWrongArguments_Throws()
    {
        using Process process = new();
        Assert.ThrowsExactly<ArgumentNullException>(() => ((Process)null!).WaitForExitOrKillPidFd(TimeSpan.Zero));
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = ((Process)null!).WaitForExitOrKillPidFdAsync(CancellationToken.None); });
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => process.WaitForExitOrKillPidFd(TimeSpan.FromMilliseconds(-2)));
        Assert.ThrowsExactly<InvalidOperationException>(() => process.WaitForExitOrKillPidFd(TimeSpan.Zero));
        Task<PidFdExitStatus> wait = process.WaitForExitOrKillPidFdAsync(CancellationToken.None);
        Assert.ThrowsExactly<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
    }
}
