using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed class WaitStatusTests
{
    private const int SigStop = 19;
    private const int SigCont = 18;

    [TestMethod]
    [DataRow(1, 0, 0x0000)]
    [DataRow(1, 1, 0x0100)]
    [DataRow(1, 255, 0xff00)]
    [DataRow(2, 9, 0x0009)]
    [DataRow(2, 15, 0x000f)]
    [DataRow(3, 11, 0x008b)]
    [DataRow(3, 6, 0x0086)]
    [DataRow(4, 5, 0x057f)]
    [DataRow(5, SigStop, 0x137f)]
    [DataRow(6, SigCont, 0xffff)]
    public void From_EncodesAsWaitDoes(int code, int status, int raw) => Assert.AreEqual(raw, Encode(code, status).Raw);

    [TestMethod]
    [DataRow(0)]
    [DataRow(7)]
    [DataRow(-1)]
    public void From_RejectsAnUnknownCode(int code) =>
        Assert.Contains("si_code", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Encode(code, 0)).Message);

    [TestMethod]
    [DataRow(1, 0, "exited")]
    [DataRow(1, 255, "exited")]
    [DataRow(2, 9, "signaled")]
    [DataRow(3, 11, "signaled dumped")]
    [DataRow(4, 5, "stopped")]
    [DataRow(5, SigStop, "stopped")]
    [DataRow(6, SigCont, "continued")]
    public void From_OfEachCode_FulfilsItsPredicatesAlone(int code, int status, string expected)
    {
        WaitStatus wait = Encode(code, status);
        string[] holds =
        [
            .. wait.IsExited ? ["exited"] : Array.Empty<string>(),
            .. wait.IsSignaled ? ["signaled"] : Array.Empty<string>(),
            .. wait.IsCoreDumped ? ["dumped"] : Array.Empty<string>(),
            .. wait.IsStopped ? ["stopped"] : Array.Empty<string>(),
            .. wait.IsContinued ? ["continued"] : Array.Empty<string>(),
        ];
        Assert.AreEqual(expected, string.Join(' ', holds));
    }

    [TestMethod]
    public void Decoding_ReturnsWhatWasEncoded()
    {
        for (int code = 0; code <= 255; code++)
        {
            Assert.AreEqual(code, Encode(1, code).ExitCode);
        }

        for (int signal = 1; signal <= 64; signal++)
        {
            Assert.AreEqual(signal, Encode(2, signal).TerminatingSignal);
            Assert.AreEqual(signal, Encode(3, signal).TerminatingSignal);
            Assert.AreEqual(signal, Encode(5, signal).StopSignal);
        }
    }

    [TestMethod]
    [DataRow("exit 0", ChildCode.Exited, 0)]
    [DataRow("exit 1", ChildCode.Exited, 1)]
    [DataRow("exit 255", ChildCode.Exited, 255)]
    [DataRow("kill -KILL $$", ChildCode.Killed, 9)]
    [DataRow("kill -TERM $$", ChildCode.Killed, 15)]
    [DataRow("ulimit -c 0; kill -ABRT $$", ChildCode.Killed, 6)]
    public void ARealChild_HasTheStatusThatWaitReturns(string script, object code, int status)
    {
        using NativeChild child = NativeChild.StartShell(script);
        using SafePidFdHandle pidFd = child.OpenPidFd();
        child.WaitUntilZombie();

        Assert.AreEqual((Errno)0, LinuxKernel.Instance.WaitIdNoWait(pidFd, out SigInfo info, out _));
        Assert.AreEqual(child.Id, info.ProcessId);
        if ((ChildCode)info.Code != ChildCode.Dumped)
        {
            // A core pattern that pipes to a program sets the flag whatever the limit says.
            Assert.AreEqual(code, (ChildCode)info.Code);
        }

        Assert.AreEqual(status, info.Status);
        Assert.AreEqual('Z', ProcessTable.StateOf(child.Id), "Reading the status reaps nothing.");
        Assert.AreEqual(child.Reap(), WaitStatus.From(info).Raw);
    }

    [TestMethod]
    public void ARunningChild_HasNoStatusYet()
    {
        using NativeChild child = NativeChild.StartShell("exec sleep 1000");
        using SafePidFdHandle pidFd = child.OpenPidFd();
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.WaitIdNoWait(pidFd, out SigInfo info, out _));
        Assert.AreEqual(0, info.ProcessId);
    }

    [TestMethod]
    public void AStoppedAndContinuedChild_HasTheStatusThatWaitReturns()
    {
        using NativeChild child = NativeChild.StartShell("exec sleep 1000");
        child.Signal(SigStop);
        Assert.AreEqual(child.WaitForStopOrContinue(), Encode((int)ChildCode.Stopped, SigStop).Raw);
        child.Signal(SigCont);
        Assert.AreEqual(child.WaitForStopOrContinue(), Encode((int)ChildCode.Continued, SigCont).Raw);
    }

    private static WaitStatus Encode(int code, int status) => WaitStatus.From(new SigInfo(code, ProcessId: 1, status));
}
