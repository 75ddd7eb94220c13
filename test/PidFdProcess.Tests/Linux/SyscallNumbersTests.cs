using System.Runtime.InteropServices;
using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed class SyscallNumbersTests
{
    [TestMethod]
    [DataRow(Architecture.X64, 247)]
    [DataRow(Architecture.X86, 284)]
    [DataRow(Architecture.Arm, 280)]
    [DataRow(Architecture.Armv6, 280)]
    [DataRow(Architecture.Arm64, 95)]
    [DataRow(Architecture.S390x, 281)]
    [DataRow(Architecture.Ppc64le, 272)]
    [DataRow(SyscallNumbers.RiscV64, 95)]
    [DataRow(Architecture.LoongArch64, 95)]
    public void EachArchitecture_HasItsOwnWaitId_AndSharesTheNewNumbers(Architecture architecture, int waitId)
    {
        SyscallNumbers numbers = SyscallNumbers.For(architecture);
        Assert.AreEqual(waitId, numbers.WaitId);
        Assert.AreEqual(424, numbers.PidFdSendSignal);
        Assert.AreEqual(434, numbers.PidFdOpen);
    }

    [TestMethod]
    [DataRow(Architecture.Wasm)]
    [DataRow((Architecture)99)]
    public void AnUnknownArchitecture_HasNoNumbers(Architecture architecture)
    {
        SyscallNumbers numbers = SyscallNumbers.For(architecture);
        Assert.AreEqual(SyscallNumbers.None, numbers.WaitId);
        Assert.AreEqual(SyscallNumbers.None, numbers.PidFdSendSignal);
        Assert.AreEqual(SyscallNumbers.None, numbers.PidFdOpen);
    }

    [TestMethod]
    public void Current_IsThatOfThisProcess() =>
        Assert.AreEqual(SyscallNumbers.For(RuntimeInformation.ProcessArchitecture), SyscallNumbers.Current);

    [TestMethod]
    public void TheKernel_AnswersNoneWithENOSYS()
    {
        nint result = Libc.Syscall(SyscallNumbers.None, Environment.ProcessId, 0);
        Assert.AreEqual((-1, Errno.ENOSYS), ((int)result, (Errno)Marshal.GetLastPInvokeError()));
    }
}
