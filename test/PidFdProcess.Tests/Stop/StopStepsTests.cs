using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Stop;

/// <summary>Stops in several steps, in the blocking and the asynchronous form.</summary>
[TestClass]
public sealed class StopStepsTests
{
    private const string ReportsBoth = "trap 'echo int' INT; trap 'echo term' TERM; echo ready; while :; do sleep 0.01; done";

    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(true, ProcessStopScope.Process)]
    [DataRow(false, ProcessStopScope.Process)]
    [DataRow(true, ProcessStopScope.ProcessThenTree)]
    [DataRow(false, ProcessStopScope.EntireTree)]
    public async Task Steps_OfAProcessThatIgnoresEach_ComeInTheirOrder_AndTheKillLast(bool blocking, ProcessStopScope scope)
    {
        TestProcesses.RequireSigint(Environment.ProcessId);
        using Process process = ReadyShell.Start(ReportsBoth);
        ProcessStopOptions options = new()
        {
            Steps = [new(PosixSignal.SIGINT, s_step), new(PosixSignal.SIGTERM, s_step)],
            Scope = scope,
        };
        PidFdExitStatus status = await StopAsync(process, options, blocking);
        Assert.AreEqual("killed by SIGKILL (canceled)", status.ToString());
        Assert.AreEqual("int\nterm\n", await process.StandardOutput.ReadToEndAsync());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Steps_OfAProcessThatObeysTheSecond_EndWithIt(bool blocking)
    {
        using Process process = ReadyShell.Start("trap '' INT; trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done");
        ProcessStopOptions options = new() { Steps = [new(PosixSignal.SIGINT, TimeSpan.FromMilliseconds(20)), new(PosixSignal.SIGTERM, s_limit)] };
        Assert.AreEqual("exited 5", (await StopAsync(process, options, blocking)).ToString());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStoppedProcess_IsContinued_SoThatItsHandlerRuns(bool blocking)
    {
        using Process process = ReadyShell.Start(ReadyShell.Reports);
        Assert.IsTrue(Native.Kill(process.Id, (int)Signum.SIGSTOP));
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(process.Id) == 'T', "the process has stopped");
        ProcessStopOptions options = new() { Steps = [new(PosixSignal.SIGTERM, Timeout.InfiniteTimeSpan)] };
        Assert.AreEqual("exited 42", (await StopAsync(process, options, blocking).WaitAsync(s_limit)).ToString());
    }

    [TestMethod]
    [DataRow(true, ProcessStopScope.Process)]
    [DataRow(false, ProcessStopScope.Process)]
    [DataRow(false, ProcessStopScope.EntireTree)]
    public async Task AStepWithSigKill_IsAKillOfThisLibrary(bool blocking, ProcessStopScope scope)
    {
        using Process process = ReadyShell.Start(ReadyShell.Ignores);
        ProcessStopOptions options = new()
        {
            Steps = [new(PosixSignal.SIGTERM, TimeSpan.FromMilliseconds(20)), new((PosixSignal)Native.SigKill, s_limit)],
            Scope = scope,
        };
        Assert.AreEqual("killed by SIGKILL (canceled)", (await StopAsync(process, options, blocking)).ToString());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AStop_WithACanceledToken_SendsNoSignal(bool entireProcessTree)
    {
        using Process process = ReadyShell.Start(ReadyShell.Obeys);
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => process.StopViaPidFdAsync(s_limit, PosixSignal.SIGTERM, entireProcessTree, new CancellationToken(canceled: true)));
        Assert.IsFalse(process.WaitForExit(200));
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    [DataRow(ProcessStopScope.Process, true)]
    [DataRow(ProcessStopScope.Process, false)]
    [DataRow(ProcessStopScope.ProcessThenTree, true)]
    [DataRow(ProcessStopScope.ProcessThenTree, false)]
    [DataRow(ProcessStopScope.EntireTree, true)]
    [DataRow(ProcessStopScope.EntireTree, false)]
    public async Task AStopWithoutSteps_WithACanceledToken_DoesNotKill(ProcessStopScope scope, bool sigKill)
    {
        using Process process = ReadyShell.Start(ReadyShell.Obeys);
        ProcessStopOptions options = new() { Steps = sigKill ? [new((PosixSignal)Native.SigKill, s_limit)] : [], Scope = scope };
        await Assert.ThrowsAsync<OperationCanceledException>(() => process.StopViaPidFdAsync(options, new CancellationToken(canceled: true)));
        Assert.IsFalse(process.WaitForExit(200));
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>The time of that step and the steps after it are not used, so that the tree is killed at once.</summary>
    [TestMethod]
    [DataRow(ProcessStopScope.EntireTree)]
    [DataRow(ProcessStopScope.ProcessThenTree)]
    public async Task AStepWithSigKill_OfATree_IsTheLast(ProcessStopScope scope)
    {
        using Process process = ReadyShell.Start(ReadyShell.Ignores);
        ProcessStopOptions options = new()
        {
            Steps = [new((PosixSignal)Native.SigKill, Timeout.InfiniteTimeSpan), new(PosixSignal.SIGTERM, Timeout.InfiniteTimeSpan)],
            Scope = scope,
        };
        Assert.AreEqual("killed by SIGKILL (canceled)", (await StopAsync(process, options, blocking: false).WaitAsync(s_limit)).ToString());
    }

    [TestMethod]
    public void Steps_ThatAreNull_AreRefused() =>
        Assert.ThrowsExactly<ArgumentNullException>(static () => new ProcessStopOptions { Steps = null! });

    [TestMethod]
    public async Task AStop_WithoutSteps_KillsAtOnce()
    {
        using Process process = ReadyShell.Start(ReadyShell.Ignores);
        PidFdExitStatus status = await StopAsync(process, new ProcessStopOptions { Steps = [] }, blocking: false);
        Assert.AreEqual("killed by SIGKILL (canceled)", status.ToString());
    }

    [TestMethod]
    public async Task ASignalWithoutAPortableName_IsSentByItsOwnOverload()
    {
        using Process process = ReadyShell.Start("trap '' TERM; trap 'exit 8' USR2; echo ready; while :; do sleep 0.01; done");
        Assert.AreEqual("exited 8", (await process.StopViaPidFdAsync(s_limit, Signum.SIGUSR2)).ToString());
        using Process second = ReadyShell.Start("trap '' TERM; trap 'exit 9' USR1; echo ready; while :; do sleep 0.01; done");
        PidFdExitStatus status = await second.StopViaPidFdAsync(s_limit, Signum.SIGUSR1, entireProcessTree: true, CancellationToken.None);
        Assert.AreEqual("exited 9", status.ToString());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => { _ = second.StopViaPidFdAsync(s_limit, (Signum)(-1)); });
    }

    [TestMethod]
    public void ABlockingStop_OfAProcessThatIgnoresTheSignal_KillsIt()
    {
        using Process process = ReadyShell.Start(ReadyShell.Ignores);
        Assert.AreEqual("killed by SIGKILL (canceled)", process.StopViaPidFd(TimeSpan.FromMilliseconds(20)).ToString());
        using Process obeys = ReadyShell.Start(ReadyShell.Obeys);
        Assert.AreEqual("killed by SIGTERM", obeys.StopViaPidFd(s_limit).ToString());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task WaitForExitOrKill_WithTheTree_KillsTheDescendantsOfALateProcess(bool inTime)
    {
        string end = inTime ? "exit 4" : "wait";
        using Process process = Process.Start(Shell.Info($"sleep 1000 >/dev/null & echo $!; {end}", redirectOutput: true))!;
        int descendant = int.Parse(process.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
        if (inTime)
        {
            // The descendant can be found only while its parent lives.
            Assert.AreEqual(4, (await process.WaitForExitOrKillPidFdAsync(s_limit, entireProcessTree: true)).ExitCode);
            Native.KillByPid(descendant);
        }
        else
        {
            PidFdExitStatus status = await process.WaitForExitOrKillPidFdAsync(TimeSpan.FromMilliseconds(20), entireProcessTree: true);
            Assert.AreEqual("killed by SIGKILL (canceled)", status.ToString());
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(descendant) is null or 'Z', "the descendant is killed");
        }
    }

    [TestMethod]
    public async Task WaitForExitOrKill_WithTheTree_SendsNoSignalBeforeTheKill()
    {
        using Process process = ReadyShell.Start("trap 'echo continued' CONT; echo ready; while :; do sleep 0.01; done");
        PidFdExitStatus status = await process.WaitForExitOrKillPidFdAsync(TimeSpan.FromMilliseconds(300), entireProcessTree: true);
        Assert.AreEqual("killed by SIGKILL (canceled)", status.ToString());
        Assert.AreEqual("", await process.StandardOutput.ReadToEndAsync());
    }

    private static Task<PidFdExitStatus> StopAsync(Process process, ProcessStopOptions options, bool blocking) => blocking
        ? Task.Factory.StartNew(() => process.StopViaPidFd(options), TaskCreationOptions.LongRunning)
        : process.StopViaPidFdAsync(options);
}
