using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Handles;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>Programs that dispose the SafeHandle of a Process object. The stock members go on, because they use the PID.</summary>
[TestClass]
public sealed class DisposedSafeHandleTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Calls_AfterTheSafeHandleWasDisposed_KillAndWait(bool isAttachedBefore)
    {
        using Process process = TestProcesses.StartSleeper();
        if (isAttachedBefore)
        {
            ProcessHandleRegistry.Default.Attach(process);
        }

        process.SafeHandle.Dispose();
        await OnOwnThread(() =>
        {
            Assert.IsFalse(process.HasExitedPidFd());
            process.KillViaPidFd();
            Assert.IsTrue(process.WaitForExitPidFd(s_limit));
        });
        Assert.AreEqual(137, process.ExitCode);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task AnAsynchronousWait_DuringWhichTheSafeHandleIsDisposed_EndsAfterTheReap(bool events)
    {
        using Process process = Process.Start(Shell.Info("read line; echo out; exit 3", redirectInput: true, redirectOutput: true))!;
        process.EnableRaisingEvents = events;
        List<string?> lines = [];
        process.OutputDataReceived += (_, e) => lines.Add(e.Data);
        process.BeginOutputReadLine();
        Task wait = process.WaitForExitPidFdAsync();
        process.SafeHandle.Dispose();
        process.StandardInput.Close();
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(3, process.ExitCode);
        CollectionAssert.AreEqual(new[] { "out", null }, lines);
    }

    [TestMethod]
    public async Task ACancelledWait_AfterWhichTheSafeHandleIsDisposed_LeavesExitedOn()
    {
        using Process process = TestProcesses.StartSleeper();
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        using CancellationTokenSource source = new();
        Task wait = process.WaitForExitPidFdAsync(source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
        process.SafeHandle.Dispose();
        Native.KillByPid(process.Id);
        TestProcesses.WaitUntil(() => Volatile.Read(ref raised) == 1, "Exited was raised");
    }

    [TestMethod]
    public async Task AFetchedObject_WhoseSafeHandleWasDisposed_IsKilled()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = Process.GetProcessById(nonChild.Id);
        process.SafeHandle.Dispose();
        await OnOwnThread(() =>
        {
            process.KillViaPidFd();
            Assert.IsTrue(process.WaitForExitPidFd(s_limit));
        });
    }

    [TestMethod]
    public async Task AWaitForTheOutput_DuringWhichTheSafeHandleIsDisposed_WaitsForTheStreams()
    {
        using Process process = Process.Start(Shell.Info("read line; echo out; exit 3", redirectInput: true, redirectOutput: true))!;
        List<string?> lines = [];
        process.OutputDataReceived += (_, e) => lines.Add(e.Data);
        process.BeginOutputReadLine();
        Task<bool> wait = process.WaitForExitAndOutputPidFdAsync(s_limit);
        process.SafeHandle.Dispose();
        process.StandardInput.Close();
        Assert.IsTrue(await wait.WaitAsync(s_limit));
        CollectionAssert.AreEqual(new[] { "out", null }, lines);
    }

    [TestMethod]
    public void ASweep_AfterTheSafeHandleWasDisposed_ClosesThePidFd()
    {
        using ProcessHandleRegistry registry = new();
        using Process process = TestProcesses.StartSleeper();
        int id = process.Id;
        ProcessHandle handle = registry.Attach(process).Handle!;
        process.SafeHandle.Dispose();
        process.Kill();
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null, "the process is reaped");
        AttachmentSweep.CloseIfReaped(process, handle);
        Assert.AreNotEqual(RunEnd.None, handle.RunEnd);
    }

    private static Task OnOwnThread(Action action) => Task.Factory.StartNew(action, TaskCreationOptions.LongRunning).WaitAsync(s_limit);
}
