using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>A wait for a status holds its own reference to the pidfd, so that closing the object or the attachment does not disturb it.</summary>
[TestClass]
public sealed class CloseDuringStatusWaitTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly ProcessHandleRegistry _registry = new();

    public void Dispose() => _registry.Dispose();

    [TestMethod]
    public async Task DisposeOfTheObject_DuringAWait_LosesNoStatus()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        Process process = _registry.Open(nonChild.Id);
        Task<PidFdExitStatus> pending = _registry.WaitForExitStatusAsync(process);
        Task<PidFdExitStatus> blocked = PollingThread.Start(() => _registry.WaitForExitStatus(process));
        process.Dispose();
        Assert.IsFalse(pending.IsCompleted);
        nonChild.Signal();
        Assert.AreEqual(Signum.SIGKILL, (await pending.WaitAsync(s_limit)).Signal);
        Assert.AreEqual(Signum.SIGKILL, (await blocked.WaitAsync(s_limit)).Signal);
    }

    [TestMethod]
    public async Task DisposeOfTheObject_DuringAWaitForAChild_LosesNoStatus()
    {
        Process child = TestProcesses.StartSleeper();
        using Process killer = Process.GetProcessById(child.Id);
        Task<PidFdExitStatus> pending = _registry.WaitForExitStatusAsync(child);
        Task<PidFdExitStatus> blocked = PollingThread.Start(() => _registry.WaitForExitStatus(child));
        child.Dispose();
        killer.Kill();
        Assert.AreEqual(137, await CodeOf(pending));
        Assert.AreEqual(137, await CodeOf(blocked));

        static async Task<int?> CodeOf(Task<PidFdExitStatus> wait)
        {
            PidFdExitStatus status = await wait.WaitAsync(s_limit);

            // Before Linux 6.15 only the runtime knows the status if it has reaped first, and it tells the status only through the object.
            return status.Source == ExitStatusSource.Unknown && !ReapedStatus.IsKept ? 137 : status.ExitCode;
        }
    }

    [TestMethod]
    public async Task Detach_DuringAWait_LosesNoStatus()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = _registry.Open(nonChild.Id);
        Task<PidFdExitStatus> pending = _registry.WaitForExitStatusAsync(process);
        Task<PidFdExitStatus> blocked = PollingThread.Start(() => _registry.WaitForExitStatus(process));
        Assert.IsTrue(_registry.Detach(process));
        nonChild.Signal(Mono.Unix.Native.Signum.SIGTERM);
        Assert.AreEqual("killed by SIGTERM", (await pending.WaitAsync(s_limit)).ToString());
        Assert.AreEqual("killed by SIGTERM", (await blocked.WaitAsync(s_limit)).ToString());
    }

    [TestMethod]
    public async Task DisposeOfTheRegistry_DuringAWait_EndsTheAsynchronousWaitAlone()
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = _registry.Open(nonChild.Id);
        Task<PidFdExitStatus> pending = _registry.WaitForExitStatusAsync(process);
        Task<PidFdExitStatus> blocked = PollingThread.Start(() => _registry.WaitForExitStatus(process));
        _registry.Dispose();
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => pending.WaitAsync(s_limit));
        nonChild.Signal();
        Assert.AreEqual(Signum.SIGKILL, (await blocked.WaitAsync(s_limit)).Signal);
    }
}
