using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>After a Process object was restarted, the first call must mean the new process, whichever call it is.</summary>
[TestClass]
public sealed class RestartTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ProcessHandleRegistry _registry = new();
    private readonly Process _process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };

    // All combinations of the three parameters.
    public static IEnumerable<object[]> Histories =>
        Enumerable.Range(0, 8).Select(i => new object[] { (i & 1) != 0, (i & 2) != 0, (i & 4) != 0 });

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public void Kill_AfterARestart_KillsTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        _registry.Kill(_process);
        Assert.IsTrue(_process.WaitForExit(s_limit));
        Assert.AreEqual(137, _process.ExitCode);
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public void KillOfATree_AfterARestart_KillsTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        _registry.Kill(_process, entireProcessTree: true);
        Assert.IsTrue(_process.WaitForExit(s_limit));
        Assert.AreEqual(137, _process.ExitCode);
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public async Task AStop_AfterARestart_StopsTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        PidFdExitStatus status = await _registry.StopAsync(_process, s_limit).WaitAsync(s_limit);
        Assert.AreEqual("killed by SIGTERM", status.ToString());

        // The status is there before the reap, but ExitCode is not.
        Assert.IsTrue(_process.WaitForExit(s_limit));
        Assert.AreEqual(143, _process.ExitCode);
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public void HasExited_AfterARestart_LooksAtTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        Assert.IsFalse(_registry.HasExited(_process));
        KillByStock();
        Assert.IsTrue(_registry.HasExited(_process));
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public async Task TheBlockingWait_AfterARestart_WaitsForTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        Task<bool> wait = PollingThread.Start(() => _registry.WaitForExit(_process, -1));
        Assert.IsFalse(wait.IsCompleted);
        KillByStock();
        Assert.IsTrue(await wait.WaitAsync(s_limit));
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public void TheTimedWait_AfterARestart_WaitsForTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        Assert.IsFalse(_registry.WaitForExit(_process, 20));
        KillByStock();
        Assert.IsTrue(_registry.WaitForExit(_process, 20));
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public async Task TheAsynchronousWait_AfterARestart_WaitsForTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        Task wait = _registry.WaitForExitAsync(_process);
        Assert.IsFalse(wait.IsCompleted);
        KillByStock();
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(137, _process.ExitCode);
    }

    [TestMethod]
    [DynamicData(nameof(Histories))]
    public void APidFd_AfterARestart_IsThatOfTheNewProcess(bool samePid, bool closed, bool exitWasSeen)
    {
        Restart(samePid, closed, exitWasSeen);
        Assert.IsTrue(_registry.TryGetPidFd(_process, out SafePidFdHandle? pidFd));
        using (pidFd)
        {
            Assert.AreEqual(_process.Id, HookedKernel.ProcessIdOf(pidFd));
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ASignal_WhenTheObjectIsRestartedDuringItsAttachment_ReachesTheNewProcess(bool recycled)
    {
        if (recycled)
        {
            RecycledPid.Require();
        }

        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        _ = registry.Support;
        _process.Start();
        Process? stranger = null;
        kernel.OnOpen = id =>
        {
            kernel.OnOpen = null;
            KillByStock();
            _process.Start();
            stranger = recycled ? RecycledPid.Start(id) : null;
            return null;
        };

        Assert.IsTrue(registry.Signal(_process, PosixSignal.SIGTERM));

        Assert.IsTrue(_process.WaitForExit(s_limit));
        Assert.AreEqual(143, _process.ExitCode);
        Assert.AreEqual(_process.Id, registry.Attach(_process).ProcessId);
        if (stranger is not null)
        {
            Assert.IsFalse(stranger.WaitForExit(0));
            stranger.Kill();
            stranger.WaitForExit();
            stranger.Dispose();
        }
    }

    public void Dispose()
    {
        // Fails to be associated if the restart gave up.
        if (_registry.TryGetAttachment(_process, out _) && !_process.HasExited)
        {
            KillByStock();
        }

        _process.Dispose();
        _registry.Dispose();
    }

    private void Restart(bool samePid, bool closed, bool exitWasSeen)
    {
        if (samePid)
        {
            RecycledPid.Require();
        }

        _process.Start();
        int id = _process.Id;
        Assert.AreEqual(ProcessRoute.PidFd, _registry.Attach(_process).Route);
        KillByStock();
        if (exitWasSeen)
        {
            Assert.IsTrue(_registry.HasExited(_process));
        }

        if (closed)
        {
            _process.Close();
        }

        if (samePid)
        {
            RecycledPid.StartAgain(_process, id);
        }
        else
        {
            _process.Start();
            Assert.AreNotEqual(id, _process.Id);
        }
    }

    private void KillByStock()
    {
        _process.Kill();
        _process.WaitForExit();
    }
}
