using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>How children of this process ended.</summary>
[TestClass]
public sealed class ChildStatusTests
{
    private const int CoreFlag = 0x80;

    [TestMethod]
    public async Task AWaitForTheStatus_WhenTheChildIsReaped_HasClosedItsPidFd()
    {
        int before = ResourceCounts.PidFdBaseline();
        using Process child = TestProcesses.StartSleeper();
        Task<PidFdExitStatus> wait = child.WaitForExitStatusPidFdAsync();
        child.KillViaPidFd();
        Assert.AreEqual(Signum.SIGKILL, (await wait.WaitAsync(TimeSpan.FromSeconds(60))).Signal);
        child.WaitForExit();
        ResourceCounts.WaitForPidFds(before);
    }

    [TestMethod]
    [DataRow("SEGV", Signum.SIGSEGV)]
    [DataRow("ABRT", Signum.SIGABRT)]
    public async Task AStatus_OfAChildThatDumpedCore_SaysSo(string name, Signum signal)
    {
        string directory = Directory.CreateTempSubdirectory("core").FullName;
        try
        {
            // Ask the kernel first, because core_pattern decides whether there is a core.
            if ((Native.RunInShell($"cd {directory}; ulimit -c unlimited; kill -{name} $$") & CoreFlag) == 0)
            {
                Assert.Inconclusive("The kernel dumps no core here: see RLIMIT_CORE and core_pattern in core(5).");
            }

            using Fifo fifo = new();
            using Process child = TestProcesses.StartShell($"cd {directory}; ulimit -c unlimited; {fifo.Wait}; kill -{name} $$");
            Task<PidFdExitStatus> wait = child.WaitForExitStatusPidFdAsync();
            fifo.Open();
            PidFdExitStatus status = await wait.WaitAsync(TimeSpan.FromSeconds(60));
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
    public void ATimedWait_WhoseTimeIsOver_HasNoStatus()
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
    public async Task ACancelledWait_LeavesTheProcessRunning()
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
    public async Task AStatus_ThatIsReadAgain_IsTheSame()
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
    public void AStatus_ThatTheKernelDoesNotTell_IsThatOfTheRuntime()
    {
        HookedKernel kernel = new HookedKernel().WithoutInfo();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = Process.Start(Shell.Info("read line; exit 3", redirectInput: true))!;
        registry.Attach(child);

        // As if the runtime had always reaped first, and it has.
        kernel.OnWaitId = _ =>
        {
            TestProcesses.WaitUntil(() => RuntimeExit.IsNoted(child), "the runtime knows of the exit");
            return Errno.ECHILD;
        };
        kernel.OnReadStat = static _ => Errno.ENOENT;
        child.StandardInput.Close();
        PidFdExitStatus status = registry.WaitForExitStatus(child);
        Assert.AreEqual((ExitStatusSource.Runtime, 3), (status.Source, status.ExitCode));
    }

    [TestMethod]
    public void AWait_ForAnUnstartedProcessOrNull_Throws()
    {
        using Process unstarted = new();
        Assert.ThrowsExactly<InvalidOperationException>(() => unstarted.WaitForExitStatusPidFd());
        Assert.ThrowsExactly<InvalidOperationException>(() => unstarted.TryWaitForExitStatusPidFd(TimeSpan.Zero, out _));
        Task<PidFdExitStatus> wait = unstarted.WaitForExitStatusPidFdAsync();
        Assert.ThrowsExactly<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
        Assert.ThrowsExactly<ArgumentNullException>(() => ((Process)null!).WaitForExitStatusPidFd());
        Assert.ThrowsExactly<ArgumentNullException>(() => { _ = ((Process)null!).WaitForExitStatusPidFdAsync(); });
    }
}
