using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>How children of this process ended.</summary>
[TestClass]
public sealed class ChildStatusTests
{
    private const int CoreFlag = 0x80;

    public enum Form
    {
        Blocking,
        Timed,
        Async,
    }

    [TestMethod]
    [DataRow(0, Form.Blocking)]
    [DataRow(1, Form.Async)]
    [DataRow(3, Form.Timed)]
    [DataRow(137, Form.Async)]
    [DataRow(255, Form.Blocking)]
    public async Task ExitCodes(int code, Form form)
    {
        using Gate gate = new();
        using Process child = TestProcesses.StartShell($"{gate.Wait}; exit {code}");
        PidFdExitStatus status = await WaitFromBeforeTheExit(child, gate, form);
        Assert.AreEqual(code, status.ExitCode);
        Assert.AreEqual(code, child.ExitCode);
        Assert.IsNull(status.Signal);
        Assert.IsFalse(status.CoreDumped);
        Assert.IsFalse(status.Canceled);
        Assert.AreEqual($"exited {code}", status.ToString());
    }

    [TestMethod]
    [DataRow(Form.Blocking)]
    [DataRow(Form.Timed)]
    [DataRow(Form.Async)]
    public async Task SigKillIsNoExitCode(Form form)
    {
        using Process child = TestProcesses.StartSleeper();
        child.KillViaPidFd();
        PidFdExitStatus status = await Wait(child, form);
        Assert.AreEqual(137, status.ExitCode);
        Assert.AreEqual(Signum.SIGKILL, status.Signal);
        Assert.AreEqual("killed by SIGKILL", status.ToString());
    }

    [TestMethod]
    public async Task ARealTimeSignalIsItsNumber()
    {
        using Process child = TestProcesses.StartSleeper();
        child.SignalViaPidFd((Signum)40);
        PidFdExitStatus status = await Wait(child, Form.Async);
        Assert.AreEqual(168, status.ExitCode);
        Assert.AreEqual("killed by signal 40", status.ToString());
    }

    [TestMethod]
    [DataRow("SEGV", Signum.SIGSEGV)]
    [DataRow("ABRT", Signum.SIGABRT)]
    public async Task CoreDumpsAreTold(string name, Signum signal)
    {
        string directory = Directory.CreateTempSubdirectory("core").FullName;
        try
        {
            // What the kernel itself says comes first: whether there is a core depends on core_pattern.
            if ((Native.RunInShell($"cd {directory}; ulimit -c unlimited; kill -{name} $$") & CoreFlag) == 0)
            {
                Assert.Inconclusive("The kernel dumps no core here: see RLIMIT_CORE and core_pattern in core(5).");
            }

            using Gate gate = new();
            using Process child = TestProcesses.StartShell($"cd {directory}; ulimit -c unlimited; {gate.Wait}; kill -{name} $$");
            PidFdExitStatus status = await WaitFromBeforeTheExit(child, gate);
            Assert.AreEqual(signal, status.Signal);
            Assert.IsTrue(status.CoreDumped);
            Assert.AreEqual($"killed by {signal} (core dumped)", status.ToString());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [TestMethod]
    public async Task NoCoreWithoutLimit()
    {
        using Gate gate = new();
        using Process child = TestProcesses.StartShell($"ulimit -c 0; {gate.Wait}; kill -SEGV $$");
        PidFdExitStatus status = await WaitFromBeforeTheExit(child, gate);
        Assert.AreEqual(Signum.SIGSEGV, status.Signal);
        if (File.ReadAllText("/proc/sys/kernel/core_pattern").StartsWith('|'))
        {
            Assert.Inconclusive("core_pattern is a pipe, which takes cores whatever the limit.");
        }

        Assert.IsFalse(status.CoreDumped);
        Assert.AreEqual("killed by SIGSEGV", status.ToString());
    }

    [TestMethod]
    public void TimedWaitThatIsOverTellsNothing()
    {
        using Process child = TestProcesses.StartSleeper();
        Assert.IsFalse(child.TryWaitForExitStatusPidFd(TimeSpan.Zero, out PidFdExitStatus? status));
        Assert.IsNull(status);
        Assert.IsFalse(child.TryWaitForExitStatusPidFd(TimeSpan.FromMilliseconds(20), out status));
        Assert.IsNull(status);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => child.TryWaitForExitStatusPidFd(TimeSpan.FromMilliseconds(-2), out _));
        child.KillViaPidFd();
        Assert.IsTrue(child.TryWaitForExitStatusPidFd(Timeout.InfiniteTimeSpan, out status));
        Assert.AreEqual(Signum.SIGKILL, status.Signal);
    }

    [TestMethod]
    public async Task CancelledWaitLeavesTheProcess()
    {
        using Process child = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        Task<PidFdExitStatus> wait = child.WaitForExitStatusPidFdAsync(source.Token);
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => wait);
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.IsFalse(child.HasExited);
        child.KillViaPidFd();
        Assert.AreEqual(137, (await child.WaitForExitStatusPidFdAsync()).ExitCode);
    }

    [TestMethod]
    public async Task AskedAgainTheAnswerIsTheSame()
    {
        using Process child = TestProcesses.StartSleeper();
        Task<PidFdExitStatus> first = child.WaitForExitStatusPidFdAsync();
        child.KillViaPidFd();
        PidFdExitStatus status = await first;
        for (int i = 0; i < 3; i++)
        {
            PidFdExitStatus again = child.WaitForExitStatusPidFd();
            Assert.AreEqual(status.Signal, again.Signal);
            Assert.AreEqual(status.Source, again.Source);
            Assert.AreEqual(status.ResourceUsage, again.ResourceUsage);
        }
    }

    [TestMethod]
    public async Task WithoutPidFdItIsTheRuntimesAnswer()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process child = TestProcesses.StartExiting(9);
        PidFdExitStatus status = await registry.WaitForExitStatusAsync(child);
        Assert.AreEqual(ExitStatusSource.Runtime, status.Source);
        Assert.AreEqual("exited 9", status.ToString());

        // The runtime folds the signal into the exit code; which of the two it was cannot be told any more.
        using Process killed = TestProcesses.StartSleeper();
        killed.Kill();
        status = registry.WaitForExitStatus(killed);
        Assert.AreEqual("exited 137 or killed by SIGKILL", status.ToString());
        Assert.IsNull(status.Signal);
        Assert.IsNull(status.ResourceUsage);
    }

    [TestMethod]
    public void UnstartedAndNullThrow()
    {
        using Process unstarted = new();
        Assert.ThrowsExactly<InvalidOperationException>(() => unstarted.WaitForExitStatusPidFd());
        Assert.ThrowsExactly<InvalidOperationException>(() => unstarted.TryWaitForExitStatusPidFd(TimeSpan.Zero, out _));
        Task<PidFdExitStatus> wait = unstarted.WaitForExitStatusPidFdAsync();
        Assert.ThrowsExactly<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
        Assert.ThrowsExactly<ArgumentNullException>(() => ((Process)null!).WaitForExitStatusPidFd());
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = ((Process)null!).WaitForExitStatusPidFdAsync(); });
    }

    // Of a child that was reaped before it was attached there is the runtime's exit code alone.
    private static async Task<PidFdExitStatus> WaitFromBeforeTheExit(Process process, Gate gate, Form form = Form.Async)
    {
        ProcessHandleRegistry.Default.Attach(process);
        Task<PidFdExitStatus> wait = form == Form.Async ? Wait(process, form) : Task.Run(() => Wait(process, form));
        gate.Open();
        return await wait;
    }

    private static async Task<PidFdExitStatus> Wait(Process process, Form form)
    {
        switch (form)
        {
            case Form.Blocking:
                return await Task.Run(process.WaitForExitStatusPidFd).WaitAsync(TimeSpan.FromSeconds(60));
            case Form.Timed:
                Assert.IsTrue(process.TryWaitForExitStatusPidFd(TimeSpan.FromSeconds(60), out PidFdExitStatus? status));
                return status;
            default:
                return await process.WaitForExitStatusPidFdAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
    }
}
