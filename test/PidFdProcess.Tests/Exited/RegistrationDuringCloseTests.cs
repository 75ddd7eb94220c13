using System.Diagnostics;
using PidFdProcess.Runtime;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Exited;

/// <summary>
/// A wait is cancelled while another thread is inside Close(), which has ended the registration of the object and still has its run. So the
/// registration for Exited that the cancellation makes stays after the object was restarted.
/// </summary>
[TestClass]
public sealed class RegistrationDuringCloseTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly NonChildProcess _nonChild = NonChildProcess.StartReaped();
    private readonly ManualResetEventSlim _isRaised = new();
    private Process _process = null!;
    private int _former;
    private int _raised;

    public void Dispose()
    {
        Native.KillByPid(_former);
        _process.Kill();
        _process.Dispose();
        _nonChild.Dispose();
        _isRaised.Dispose();
    }

    [TestMethod]
    public void TheExitOfTheFormerRun_RaisesNothing()
    {
        RestartDuringTheCancellation(isFetched: false);
        WaitHandle? ofTheFormer = RegistrationFields.HandleOf(_process);
        Native.KillByPid(_former);
        TestProcesses.WaitUntil(
            () => RegistrationFields.HandleOf(_process) is { } handle && handle != ofTheFormer, "the registration is of the present run");
        Assert.AreEqual(0, Volatile.Read(ref _raised));
        _process.Kill();
        Assert.IsTrue(_isRaised.Wait(s_limit));
        Assert.AreEqual(1, _raised);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheExitOfThePresentRun_WhileTheFormerLives_RaisesExited(bool isFetched)
    {
        RestartDuringTheCancellation(isFetched);
        using ProcessHandleRegistry registry = new();
        registry.Attach(_process);
        _process.Kill();
        Assert.IsTrue(_isRaised.Wait(s_limit));
        Assert.IsNotNull(ProcessTable.StateOf(_former));
        Assert.AreEqual(1, _raised);
    }

    /// <summary>No call of the library finds the registration of the former run before both have exited.</summary>
    [TestMethod]
    public void TheExitOfBothRuns_ThePresentFirst_RaisesExitedOnce()
    {
        RestartDuringTheCancellation(isFetched: false);
        int present = _process.Id;
        Native.KillByPid(present);
        TestProcesses.WaitUntil(() => ProcessTable.StateOf(present) is null, "the runtime has reaped the present run");
        Native.KillByPid(_former);
        Assert.IsTrue(_isRaised.Wait(s_limit));
        Assert.AreEqual(1, _raised);
    }

    [TestMethod]
    public void AnObjectThatStaysClosed_RaisesNothing()
    {
        CloseDuringTheCancellation(isFetched: false);
        Native.KillByPid(_former);
        TestProcesses.WaitUntil(() => !RegistrationFields.HasAny(_process), "the registration has ended");
        Assert.AreEqual(0, Volatile.Read(ref _raised));
        _process.Start();
    }

    private void RestartDuringTheCancellation(bool isFetched)
    {
        CloseDuringTheCancellation(isFetched);
        _process.StartInfo = new ProcessStartInfo("/bin/sleep", "1000");
        _process.Start();
    }

    private void CloseDuringTheCancellation(bool isFetched)
    {
        _process = isFetched ? Process.GetProcessById(_nonChild.Id) : TestProcesses.StartSleeper();
        _former = _process.Id;
        _process.Exited += (_, _) =>
        {
            Interlocked.Increment(ref _raised);
            _isRaised.Set();
        };
        using CancellationTokenSource source = new();
        Task wait = _process.WaitForExitPidFdAsync(source.Token);
        lock (_process)
        {
            RegistrationFields.Mark(_process, true);
            RegistrationFields.Replace(_process, new CancelingHandle(source), null!);
        }

        _process.Close();
        Assert.IsTrue(wait.IsCanceled);
        Assert.IsTrue(RegistrationFields.HasAny(_process), "The cancellation has registered before Close() dropped the run.");
    }

    /// <summary>Cancels when Close() ends the registration, which it does under the lock of the object.</summary>
    private sealed class CancelingHandle(CancellationTokenSource source) : WaitHandle
    {
        protected override void Dispose(bool explicitDisposing)
        {
            source.Cancel();
            base.Dispose(explicitDisposing);
        }
    }
}
