using System.Globalization;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>pidrun wait with processes that are not its children, end to end.</summary>
[TestClass]
public sealed class PidRunWaitTests
{
    private const string ExitsSeven = "trap 'exit 7' TERM; while :; do sleep 0.05; done";

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Wait_WhenAProcessExits_PrintsItsStatusAtOnce(bool reaped)
    {
        using NonChildProcess exiting = reaped ? NonChildProcess.StartReaped(ExitsSeven) : NonChildProcess.StartUnreaped(ExitsSeven);
        using NonChildProcess killed = reaped ? NonChildProcess.StartReaped() : NonChildProcess.StartUnreaped();
        killed.WaitUntilSleeper();
        if (reaped)
        {
            ReapedStatus.Require();
        }

        using PidRunProcess run = StartWaiting(exiting.Id, killed.Id);
        exiting.Signal(Signum.SIGTERM);
        Assert.AreEqual($"{exiting.Id} sh: exited 7", run.ReadLine());
        Assert.IsNotNull(ProcessTable.StateOf(run.Id));
        killed.Signal();
        (int exitCode, string output, string error) = run.WaitForExit();
        Assert.AreEqual(0, exitCode, error);
        Assert.AreEqual($"{killed.Id} sleep: killed by SIGKILL\n", output);
        Assert.AreEqual("", error);
    }

    [TestMethod]
    public void Wait_WithAProcessThatIsGone_SaysSo_AndWaitsForTheOthers()
    {
        using NonChildProcess gone = NonChildProcess.StartReaped();
        gone.KillAndWaitUntilReaped();
        using NonChildProcess other = NonChildProcess.StartUnreaped();
        other.WaitUntilSleeper();
        other.KillAndWaitUntilZombie();
        (int exitCode, string output, string error) = PidRunProcess.Run("wait", Text(gone.Id), Text(other.Id));
        Assert.AreEqual(125, exitCode, error);
        Assert.AreEqual($"pidrun: {gone.Id}: no such process\n", error);
        Assert.AreEqual($"{other.Id} sleep: killed by SIGKILL\n", output);
    }

    [TestMethod]
    public void Wait_AfterTheTimeout_Ends_AndLeavesTheProcessAlone()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        (int exitCode, string output, string error) = PidRunProcess.Run("wait", "--timeout", "300ms", Text(nonChild.Id));
        Assert.AreEqual(124, exitCode, error);
        Assert.AreEqual("", output);
        Assert.AreEqual($"pidrun: timeout after 0.30 s; still running: {nonChild.Id}\n", error);
        Assert.IsNotNull(ProcessTable.StateOf(nonChild.Id));
    }

    [TestMethod]
    public void Wait_ThatGetsASignal_Ends_AndLeavesTheProcessAlone()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using PidRunProcess run = StartWaiting(nonChild.Id);
        run.Signal("TERM");
        (int exitCode, _, string error) = run.WaitForExit();
        Assert.AreEqual(143, exitCode, error);
        Assert.Contains($"SIGTERM; still running: {nonChild.Id}", error);
        Assert.IsNotNull(ProcessTable.StateOf(nonChild.Id));
    }

    [TestMethod]
    public void Wait_OnATerminal_ShowsTheRunningProcesses()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        (int exitCode, string output, _) = PidRunProcess.RunOnTerminal($"wait --timeout 3s {nonChild.Id}");
        Assert.AreEqual(124, exitCode, output);
        Assert.MatchesRegex($@"{nonChild.Id} +sleep +\d+\.\d\d s", output);
    }

    /// <summary>Starts it, and waits until it has a pidfd of each.</summary>
    private static PidRunProcess StartWaiting(params int[] pids)
    {
        PidRunProcess run = PidRunProcess.Start(["wait", .. pids.Select(Text)]);
        Array.ForEach(pids, run.WaitForPidFdOf);
        run.WaitUntilItWaits();
        return run;
    }

    private static string Text(int pid) => pid.ToString(CultureInfo.InvariantCulture);
}
