using Mono.Unix.Native;
using PidFdProcess.Calls;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.ExitStatus;

[TestClass]
public sealed class ExitStatusTextTests
{
    [TestMethod]
    [DataRow(0x0000, "exited 0", 0)]
    [DataRow(0x0300, "exited 3", 3)]
    [DataRow(0xff00, "exited 255", 255)]
    [DataRow(0x000f, "killed by SIGTERM", 143)]
    [DataRow(0x008b, "killed by SIGSEGV (core dumped)", 139)]
    [DataRow(0x0086, "killed by SIGABRT (core dumped)", 134)]
    [DataRow(0x0022, "killed by signal 34", 162)]
    public void ToString_OfAWaitStatus_NamesTheExitCodeOrTheSignal(int raw, string text, int exitCode)
    {
        PidFdExitStatus status = Create(raw);
        Assert.AreEqual(text, status.ToString());
        Assert.AreEqual(exitCode, status.ExitCode);
    }

    [TestMethod]
    public void ToString_WithoutAWaitStatus_NamesEachPossibleEnd()
    {
        Assert.AreEqual("exited, status unknown", PidFdExitStatus.Unknown.ToString());
        Assert.AreEqual("exited 5", OfRuntime(5).ToString());
        Assert.AreEqual("exited 128", OfRuntime(128).ToString());
        Assert.AreEqual("exited 143 or killed by SIGTERM", OfRuntime(143).ToString());
        Assert.AreEqual("exited 162 or killed by signal 34", OfRuntime(162).ToString());
        Assert.AreEqual("exited 193", OfRuntime(193).ToString());
    }

    [TestMethod]
    public void AfterKill_OfAnEndThatTheKillCanHaveCaused_IsCanceled()
    {
        PidFdExitStatus killed = Create(9).AfterKill();
        Assert.IsTrue(killed.Canceled);
        Assert.AreEqual("killed by SIGKILL (canceled)", killed.ToString());
        Assert.AreEqual(Signum.SIGKILL, killed.Signal);
        Assert.AreEqual(ExitStatusSource.WaitId, killed.Source);
        Assert.AreEqual("exited, status unknown (canceled)", PidFdExitStatus.Unknown.AfterKill().ToString());
        Assert.AreEqual("exited 137 or killed by SIGKILL (canceled)", OfRuntime(137).AfterKill().ToString());
    }

    [TestMethod]
    [DataRow(0x0000)]
    [DataRow(0x000f)]
    [DataRow(0x8900)]
    public void AfterKill_OfAnEarlierEnd_IsNotCanceled(int raw) => Assert.IsFalse(Create(raw).AfterKill().Canceled, Create(raw).ToString());

    [TestMethod]
    public void AfterKill_OfAnotherExitCodeOfTheRuntime_IsNotCanceled() => Assert.IsFalse(OfRuntime(1).AfterKill().Canceled);

    private static PidFdExitStatus Create(int raw) =>
        ExitStatusResolver.FromRecord(new ExitRecord(new WaitStatus(raw), ExitStatusSource.WaitId, null, DateTime.Now));

    private static PidFdExitStatus OfRuntime(int exitCode) => new(ExitStatusSource.Runtime, exitCode, null, false, null, null);
}
