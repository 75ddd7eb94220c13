using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>The object of a run without a pidfd is closed or restarted during a call.</summary>
[TestClass]
public sealed class ClosedObjectTests : IDisposable
{
    private readonly ProcessWithoutPidFd _subject = new();

    private HookedKernel Kernel => _subject.Kernel;

    private AttachmentTable Runs => _subject.Runs;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWaitForTheStatus_WhoseObjectIsClosed_EndsWithTheExit(bool isShort)
    {
        _subject.Attach();
        _subject.Object.EnableRaisingEvents = true;
        Task<PidFdExitStatus> wait = BeginBlocking(() => WaitCalls.WaitForStatus(Runs, _subject.Object));
        if (isShort)
        {
            int reads = 0;
            Kernel.OnReadStat = _ => ++reads == 1 ? Errno.EMFILE : null;
        }

        _subject.Object.Dispose();
        _subject.NonChild.KillAndWaitUntilReaped();
        Assert.AreEqual(PidFdExitStatus.Unknown, await wait.WaitAsync(Waiting.Limit));
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task AStop_WhoseObjectIsClosed_KillsTheProcess(bool isAsync, bool areEventsOn)
    {
        _subject.Attach();
        _subject.Object.EnableRaisingEvents = areEventsOn;
        StopPlan plan = new([new TreeStopStep(0, 500)], ProcessStopScope.Process, KillMilliseconds: 60_000);
        Task<PidFdExitStatus> stop = isAsync ? StopAsync() : BeginBlocking(Stop);
        _subject.Object.Dispose();
        _subject.NonChild.WaitUntilReaped();
        Assert.IsTrue((await stop.WaitAsync(Waiting.Limit)).Canceled);

        PidFdExitStatus Stop()
        {
            using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
            return GracefulStop.Stop(run, plan);
        }

        async Task<PidFdExitStatus> StopAsync()
        {
            using PinnedRun run = PinnedRun.Of(Runs, _subject.Object);
            return await GracefulStop.StopAsync(run, plan, CancellationToken.None);
        }
    }

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task AWaitForTheStatus_WithoutAStartTime_WhoseObjectIsRestarted_Throws(bool isAsync, bool newRunExits)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process process = new() { StartInfo = Shell.Info("exec sleep 1000"), EnableRaisingEvents = true };
        process.Start();
        using Process first = Process.GetProcessById(process.Id);
        Task<PidFdExitStatus> wait = isAsync
            ? registry.WaitForExitStatusAsync(process)
            : BeginBlocking(() =>
            {
                // The event of the reap ends with the object, so that the wait has to look.
                process.SafeHandle.Dispose();
                return registry.WaitForExitStatus(process);
            });
        process.StartInfo.ArgumentList[^1] = newRunExits ? "exit 0" : "exec sleep 1000";
        process.Start();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => wait.WaitAsync(Waiting.Limit));
        first.Kill();
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public async Task AWaitByTheRuntime_WhoseObjectAHandlerRestarts_EndsWithTheExit()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process process = new() { StartInfo = Shell.Info("exec sleep 1000"), EnableRaisingEvents = true };
        process.Start();
        int id = process.Id;
        void Restart(object? sender, EventArgs e)
        {
            process.Exited -= Restart;
            process.Start();
        }

        process.Exited += Restart;
        Task<PidFdExitStatus> wait = registry.WaitForExitStatusAsync(process);
        Native.KillByPid(id);
        Assert.AreEqual(PidFdExitStatus.Unknown, await wait.WaitAsync(Waiting.Limit));
        process.Kill();
        process.WaitForExit();
    }

    [TestMethod]
    public async Task AWait_WhoseObjectIsClosed_AndWhoseStartTimeIsHidden_Throws()
    {
        _subject.Attach();
        _subject.Object.EnableRaisingEvents = true;
        Task<PidFdExitStatus> wait = BeginBlocking(() => WaitCalls.WaitForStatus(Runs, _subject.Object));
        Kernel.OnReadStat = static _ => Errno.EACCES;
        _subject.Object.Dispose();
        Win32Exception e = await Assert.ThrowsExactlyAsync<Win32Exception>(() => wait.WaitAsync(Waiting.Limit));
        StringAssert.StartsWith(e.Message, $"/proc/{_subject.NonChild.Id}/stat: EACCES");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task AWaitForTheStatus_WithoutAStartTime_WhoseObjectIsClosed_Throws(bool isChild)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process process = isChild ? TestProcesses.StartSleeper() : Process.GetProcessById(_subject.NonChild.Id);
        using Process child = isChild ? Process.GetProcessById(process.Id) : new Process();
        process.EnableRaisingEvents = true;
        if (isChild)
        {
            // The runtime has closed the event of the reap then, so that the wait has to look.
            process.SafeHandle.Dispose();
        }

        Task<PidFdExitStatus> wait = BeginBlocking(() => registry.WaitForExitStatus(process));
        process.Dispose();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => wait.WaitAsync(Waiting.Limit));
        if (isChild)
        {
            child.Kill();
        }
    }

    public void Dispose() => _subject.Dispose();

    /// <summary>Begins a wait, and returns when it sleeps between two looks.</summary>
    private static Task<PidFdExitStatus> BeginBlocking(Func<PidFdExitStatus> wait)
    {
        Thread? thread = null;
        Task<PidFdExitStatus> task = Task.Factory.StartNew(
            () =>
            {
                Volatile.Write(ref thread, Thread.CurrentThread);
                return wait();
            },
            TaskCreationOptions.LongRunning);
        TestProcesses.WaitUntil(
            () => Volatile.Read(ref thread)?.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin) == true, "the wait sleeps");
        return task;
    }
}
