using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>When the exit was seen, and the signal in the runtime's own type.</summary>
[TestClass]
public sealed class ExitMomentTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void ExitTime_LiesBetweenTheKillAndTheReturn(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        DateTime before = DateTime.Now;
        registry.Kill(process);
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Assert.IsNotNull(status.ExitTime);
        Assert.AreEqual(DateTimeKind.Local, status.ExitTime.Value.Kind);
        Assert.IsInRange(before, DateTime.Now, status.ExitTime.Value);
    }

    [TestMethod]
    public async Task ExitTime_IsThatOfTheExit_HoweverLateItIsAskedFor()
    {
        using Process process = TestProcesses.StartSleeper();
        Task<PidFdExitStatus> pending = process.WaitForExitStatusPidFdAsync();
        process.KillViaPidFd();
        PidFdExitStatus status = await pending;
        DateTime after = DateTime.Now;
        TestProcesses.WaitUntil(() => DateTime.Now > after.AddMilliseconds(20), "some time goes by");
        Assert.AreEqual(status.ExitTime, process.WaitForExitStatusPidFd().ExitTime);
        Assert.IsLessThanOrEqualTo(after, status.ExitTime!.Value);
    }

    [TestMethod]
    [DataRow(15, PosixSignal.SIGTERM)]
    [DataRow(1, PosixSignal.SIGHUP)]
    [DataRow(2, PosixSignal.SIGINT)]
    [DataRow(10, (PosixSignal)10)]
    public void PosixSignal_OfAProcessThatASignalEnded_IsThePortableNameOrTheNumber(int number, PosixSignal expected)
    {
        using Process process = TestProcesses.StartSleeper();
        process.SignalViaPidFd((Mono.Unix.Native.Signum)number);
        PidFdExitStatus status = process.WaitForExitStatusPidFd();
        Assert.AreEqual(expected, status.PosixSignal);
        Assert.AreEqual((Mono.Unix.Native.Signum)number, status.Signal);
    }

    [TestMethod]
    public void PosixSignal_OfAProcessThatExited_IsNull()
    {
        using Process process = TestProcesses.StartExiting(3);
        PidFdExitStatus status = process.WaitForExitStatusPidFd();
        Assert.IsNull(status.PosixSignal);
        Assert.AreEqual(3, status.ExitCode);
    }
}
