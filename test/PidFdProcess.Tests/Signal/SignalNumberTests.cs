using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using Moq;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Signal;

[TestClass]
public sealed class SignalNumberTests
{
    [TestMethod]
    [DataRow(PosixSignal.SIGHUP, Signum.SIGHUP)]
    [DataRow(PosixSignal.SIGINT, Signum.SIGINT)]
    [DataRow(PosixSignal.SIGQUIT, Signum.SIGQUIT)]
    [DataRow(PosixSignal.SIGTERM, Signum.SIGTERM)]
    [DataRow(PosixSignal.SIGCHLD, Signum.SIGCHLD)]
    [DataRow(PosixSignal.SIGCONT, Signum.SIGCONT)]
    [DataRow(PosixSignal.SIGWINCH, Signum.SIGWINCH)]
    [DataRow(PosixSignal.SIGTTIN, Signum.SIGTTIN)]
    [DataRow(PosixSignal.SIGTTOU, Signum.SIGTTOU)]
    [DataRow(PosixSignal.SIGTSTP, Signum.SIGTSTP)]
    [DataRow((PosixSignal)(-11), Signum.SIGKILL)]
    public void NumberOf_APortableSignal_IsTheNumberOfLinux(PosixSignal signal, Signum expected) =>
        Assert.AreEqual((int)expected, UnixSignals.NumberOf(signal));

    [TestMethod]
    public void EveryNameOfPosixSignalIsTranslated_ToItsNumberAndBack()
    {
        foreach (PosixSignal signal in Enum.GetValues<PosixSignal>())
        {
            Signum expected = Enum.Parse<Signum>(signal.ToString());
            Assert.AreEqual((int)expected, UnixSignals.NumberOf(signal), signal.ToString());
            Assert.AreEqual(signal, PosixSignals.Of((int)expected));
        }
    }

    [TestMethod]
    [DataRow(8, Signum.SIGKILL, 9)]
    [DataRow(10, Signum.SIGKILL, 9)]
    [DataRow(11, Signum.SIGKILL, -11)]
    [DataRow(12, Signum.SIGKILL, -11)]
    [DataRow(8, Signum.SIGTSTP, -10)]
    [DataRow(11, Signum.SIGTSTP, -10)]
    [DataRow(11, Signum.SIGUSR1, 10)]
    public void ANumber_IsThePortableSignal_ThatTheRuntimeHas(int runtimeVersion, Signum number, int expected) =>
        Assert.AreEqual(expected, (int)PosixSignals.Of((int)number, runtimeVersion));

    [TestMethod]
    [DataRow(-12)]
    [DataRow(65)]
    [DataRow(-100)]
    [DataRow(int.MinValue)]
    [DataRow(int.MaxValue)]
    public void Signal_WithANumberOutOfRange_ThrowsBeforeAnySystemCall(int number)
    {
        Mock<IKernel> kernel = new(MockBehavior.Strict);
        using ProcessHandleRegistry registry = TestRegistry.On(new PidFdPlatform(kernel.Object));
        using Process self = Process.GetCurrentProcess();

        ArgumentOutOfRangeException e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => registry.Signal(self, (PosixSignal)number));
        Assert.AreEqual("signal", e.ParamName);
        Assert.AreEqual(number, e.ActualValue as int? ?? (int)(PosixSignal)e.ActualValue!);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => registry.Signal(self, (Signum)number));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => { _ = registry.StopAsync(self, TimeSpan.Zero, (PosixSignal)number); });
        kernel.VerifyNoOtherCalls();
        Assert.AreEqual(0, registry.Count);
    }

    [TestMethod]
    public void Signal_WithANegativeSignum_Throws()
    {
        using Process self = Process.GetCurrentProcess();
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => self.SignalViaPidFd((Signum)(-4)));
    }

    [TestMethod]
    public void Signal_OfNullOrAnUnstartedProcess_Throws()
    {
        Assert.ThrowsExactly<ArgumentNullException>(() => ((Process)null!).SignalViaPidFd(PosixSignal.SIGTERM));
        Assert.ThrowsExactly<ArgumentNullException>(() => ((Process)null!).SignalViaPidFd(Signum.SIGTERM));
        using Process unstarted = new();
        Assert.ThrowsExactly<InvalidOperationException>(() => unstarted.SignalViaPidFd(PosixSignal.SIGTERM));
    }

    // From signal(7) of FreeBSD and the manual of macOS. 1 to 6, 8, 9, 11, 13 to 15 and the others are the same everywhere.
    [TestMethod]
    [DataRow(Signum.SIGHUP, 1)]
    [DataRow(Signum.SIGKILL, 9)]
    [DataRow(Signum.SIGTERM, 15)]
    [DataRow(Signum.SIGBUS, 10)]
    [DataRow(Signum.SIGSYS, 12)]
    [DataRow(Signum.SIGURG, 16)]
    [DataRow(Signum.SIGSTOP, 17)]
    [DataRow(Signum.SIGTSTP, 18)]
    [DataRow(Signum.SIGCONT, 19)]
    [DataRow(Signum.SIGCHLD, 20)]
    [DataRow(Signum.SIGTTIN, 21)]
    [DataRow(Signum.SIGTTOU, 22)]
    [DataRow(Signum.SIGIO, 23)]
    [DataRow(Signum.SIGXCPU, 24)]
    [DataRow(Signum.SIGWINCH, 28)]
    [DataRow(Signum.SIGUSR1, 30)]
    [DataRow(Signum.SIGUSR2, 31)]
    [DataRow(Signum.SIGPWR, -1)]
    [DataRow(Signum.SIGSTKFLT, -1)]
    [DataRow((Signum)34, -1)]
    public void ToBsd_OfALinuxNumber_IsTheNumberOfBsd(Signum signal, int expected) => Assert.AreEqual(expected, UnixSignals.ToBsd((int)signal));
}
