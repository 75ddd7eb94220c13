using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.CompilerServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.DropIn;

[TestClass]
public sealed class InterceptorTests
{
    [TestMethod]
    [DataRow(null)]
    [DataRow("1")]
    public async Task EachMethod_DoesWhatTheStockMethodDoes(string? disabled)
    {
        ToolRun run = await DummyProgram.SucceedAsync(["call-interceptors"], (PidFdSupport.DisabledVariable, disabled));
        string[] answers = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.AreEqual($"active -> {disabled is null}", answers[0]);
        Assert.IsGreaterThan(60, answers.Length, run.Output);
        string[] different = [.. answers.Skip(1).Where(static answer => !answer.EndsWith(" -> same", StringComparison.Ordinal))];
        Assert.IsEmpty(different, string.Join('\n', different));
    }

    [TestMethod]
    public void WhatIsStartedOrOpened_IsAttached()
    {
        using Process started = ProcessInterceptors.Start("/bin/sleep", ["1000"]);
        using Process opened = ProcessInterceptors.GetProcessById(started.Id);
        AssertAttached(started);
        AssertAttached(opened);
        Assert.AreNotSame(started, opened);
        started.Kill();
        started.WaitForExit();
    }

    [TestMethod]
    public void TryOpen_OfNoProcess_LeavesTheAnswerToTheStockMethod()
    {
        Assert.IsFalse(ProcessInterceptors.TryOpen(0, out _));
        Assert.IsFalse(ProcessInterceptors.TryOpen(-1, out _));
        Assert.IsFalse(ProcessInterceptors.TryOpen(int.MaxValue, out Process? none));
        Assert.IsNull(none);
    }

    [TestMethod]
    public void TrySignal_SaysWhetherTheSignalWasSent_OrLeavesTheAnswerToTheStockMethod()
    {
        using Process process = TestProcesses.StartSleeper();
        Assert.IsFalse(ProcessInterceptors.TrySignal(process, 0, out _));
        Assert.IsFalse(ProcessInterceptors.TrySignal(process, (PosixSignal)1000, out _));
        Assert.IsTrue(ProcessInterceptors.TrySignal(process, PosixSignal.SIGTERM, out bool sent));
        Assert.IsTrue(sent);
        process.WaitForExit();
        Assert.IsTrue(ProcessInterceptors.TrySignal(process, PosixSignal.SIGTERM, out sent));
        Assert.IsFalse(sent);
        using Process unstarted = new();
        Assert.IsFalse(ProcessInterceptors.TrySignal(unstarted, PosixSignal.SIGTERM, out _));
    }

    [TestMethod]
    public async Task TheWaitsForAStatus_TellHowAChildEnded()
    {
        using Process process = TestProcesses.StartSleeper();
        Assert.IsTrue(ExitStatusInterceptors.CanReplace(process));
        Assert.IsNull(ExitStatusInterceptors.Wait(process, TimeSpan.FromMilliseconds(1), out TimeSpan left));
        Assert.AreEqual(TimeSpan.Zero, left);
        process.Kill();
        PidFdExitStatus status = ExitStatusInterceptors.Wait(process);
        Assert.IsTrue(process.HasExited);
        Assert.AreEqual("killed by SIGKILL", status.ToString());
        Assert.AreEqual(status.ToString(), (await ExitStatusInterceptors.WaitAsync(process, CancellationToken.None)).ToString());
        Assert.AreEqual(status.ToString(), ExitStatusInterceptors.Wait(process, TimeSpan.FromMinutes(1), out left)?.ToString());
        Assert.IsGreaterThan(TimeSpan.Zero, left);
    }

    [TestMethod]
    public void TheWaitsForAStatus_LeaveANonChildToTheStockMethods()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        Assert.IsFalse(ExitStatusInterceptors.CanReplace(process));
        using Process unstarted = new();
        Assert.IsFalse(ExitStatusInterceptors.CanReplace(unstarted));
    }

    [TestMethod]
    public void AStatusOfTheKernel_HasThePartsOfTheStockOne()
    {
        // Attached before the exit, because the runtime may reap first and then has the only status.
        using Process exited = Shell.StartExitingOnCommand(3);
        ProcessHandleRegistry.Default.Attach(exited);
        exited.StandardInput.Close();
        Assert.IsTrue(ExitStatusInterceptors.TryGetStockStatus(exited.WaitForExitStatusPidFd(), out int exitCode, out PosixSignal? signal));
        Assert.AreEqual(3, exitCode);
        Assert.IsNull(signal);

        using Process killed = TestProcesses.StartSleeper();
        killed.KillViaPidFd();
        Assert.IsTrue(ExitStatusInterceptors.TryGetStockStatus(killed.WaitForExitStatusPidFd(), out exitCode, out signal));
        Assert.AreEqual(137, exitCode);
        Assert.IsNotNull(signal);
        Assert.IsFalse(ExitStatusInterceptors.TryGetStockStatus(PidFdExitStatus.Unknown, out _, out _));
    }

    private static void AssertAttached(Process process)
    {
        Assert.IsTrue(ProcessHandleRegistry.Default.TryGetAttachment(process, out ProcessAttachment? attachment));
        Assert.AreEqual(ProcessRoute.PidFd, attachment.Route);
    }
}
