using System.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>A second Process object for a child of this program, fetched by its PID.</summary>
[TestClass]
public sealed class SecondObjectTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow("WaitForExit")]
    [DataRow("WaitForExit with a limit")]
    [DataRow("WaitForExitAsync")]
    [DataRow("HasExited")]
    public async Task AWait_OnASecondObject_EndsAfterTheReap(string call)
    {
        using Process child = TestProcesses.StartSleeper();
        using Process second = Process.GetProcessById(child.Id);
        Assert.AreEqual(ProcessRoute.PidFd, ProcessHandleRegistry.Default.Attach(second).Route);
        Task wait = call switch
        {
            "WaitForExit" => Task.Factory.StartNew(second.WaitForExitPidFd, TaskCreationOptions.LongRunning),
            "WaitForExit with a limit" => Task.Factory.StartNew(() => second.WaitForExitPidFd(s_limit), TaskCreationOptions.LongRunning),
            "WaitForExitAsync" => second.WaitForExitPidFdAsync(),
            _ => Task.Factory.StartNew(
                () => TestProcesses.WaitUntil(second.HasExitedPidFd, "the child has exited"), TaskCreationOptions.LongRunning),
        };
        second.KillViaPidFd();
        await wait.WaitAsync(s_limit);
        Assert.IsTrue(second.HasExited);
        Assert.IsTrue(child.HasExited);
        Assert.AreEqual(137, child.ExitCode);
        Assert.AreEqual("killed by SIGKILL", second.WaitForExitStatusPidFd().ToString());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Kill_OfASecondObject_WhoseExitedCouldNotBeRaisedYet_SparesTheStranger(bool stock)
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process child = TestProcesses.StartSleeper();
        using Process second = Process.GetProcessById(child.Id);
        second.EnableRaisingEvents = true;
        lock (second)
        {
            child.Kill();
            child.WaitForExit();
            using Process stranger = RecycledPid.Start(child.Id);
            registry.Kill(second);
            Assert.IsFalse(stranger.WaitForExit(200));
            stranger.Kill();
            stranger.WaitForExit();
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task WithoutPidFds_TheStatusOfAFetchedChild_IsThatOfTheRuntime(bool asynchronous)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry();
        using Process child = TestProcesses.StartShell("exec sleep 1000");
        using Process fetched = Process.GetProcessById(child.Id);
        Task<PidFdExitStatus> status = asynchronous
            ? registry.WaitForExitStatusAsync(fetched)
            : Task.Factory.StartNew(() => registry.WaitForExitStatus(fetched), TaskCreationOptions.LongRunning);
        if (!asynchronous)
        {
            TestProcesses.WaitUntil(() => status.Status == TaskStatus.Running, "the wait has begun");
        }

        Assert.IsFalse(registry.HasExited(fetched));
        child.Kill();
        Assert.AreEqual("exited 137 or killed by SIGKILL", (await status.WaitAsync(s_limit)).ToString());
    }

    /// <summary>Before Linux 6.15 only the runtime knows the status after the reap. It is in the state that all objects of a child share.</summary>
    [TestMethod]
    [DataRow(false, true)]
    [DataRow(false, false)]
    [DataRow(true, false)]
    public void TheStatusOfASecondObject_AfterTheReap_IsThatOfTheRuntime(bool stock, bool isOpened)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(new HookedKernel().WithoutInfo().Platform, stock);
        using Process child = TestProcesses.StartSleeper();
        using Process second = isOpened ? registry.Open(child.Id) : Process.GetProcessById(child.Id);
        registry.Attach(second);
        child.Kill();
        child.WaitForExit();
        PidFdExitStatus status = registry.WaitForExitStatus(second);
        Assert.AreEqual(ExitStatusSource.Runtime, status.Source);
        Assert.AreEqual(137, status.ExitCode);
        Assert.AreEqual(child.ExitTime, status.ExitTime);
    }

    [TestMethod]
    public void TheStatusOfASecondObject_WhoseChildIsReapedWhileItIsOpened_IsThatOfTheRuntime()
    {
        HookedKernel kernel = new HookedKernel().WithoutInfo();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        _ = registry.Support;
        int looks = 0;
        kernel.OnWaitId = _ =>
        {
            if (looks++ == 1)
            {
                child.Kill();
                child.WaitForExit();
            }

            return null;
        };
        using Process second = registry.Open(child.Id);
        Assert.IsTrue(child.HasExited);
        PidFdExitStatus status = registry.WaitForExitStatus(second);
        Assert.AreEqual(ExitStatusSource.Runtime, status.Source);
        Assert.AreEqual(137, status.ExitCode);
    }
}
