using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

// Compares the tables with the offsets at which the kernel of this machine writes.
[TestClass]
public sealed unsafe class LayoutTests
{
    private const byte Untouched = 0xaa;
    private const int PPidFd = 3;
    private const int ExitedNoHangNoWait = 0x4 | 0x1 | 0x01000000;

    [TestMethod]
    [DataRow(Architecture.X64, 4, 12)]
    [DataRow(Architecture.X86, 4, 12)]
    [DataRow(Architecture.Arm, 8, 16)]
    [DataRow(Architecture.Armv6, 8, 16)]
    [DataRow(Architecture.Arm64, 8, 16)]
    [DataRow(Architecture.S390x, 8, 16)]
    [DataRow(Architecture.Ppc64le, 8, 16)]
    [DataRow(SyscallNumbers.RiscV64, 8, 16)]
    [DataRow(Architecture.LoongArch64, 8, 16)]
    public void EpollEvent_IsPackedOnX86Alone(Architecture architecture, int tokenOffset, int size)
    {
        Assert.AreEqual(tokenOffset, EpollEvent.TokenOffset(architecture));
        Assert.AreEqual(size, EpollEvent.Size(architecture));
        Assert.IsLessThanOrEqualTo(EpollEvent.MaxSize, size);
    }

    [TestMethod]
    public void EpollEvent_CarriesEachTokenThroughTheKernel()
    {
        ulong[] expected = [0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, 1, ulong.MaxValue];
        LinuxKernel kernel = LinuxKernel.Instance;
        Assert.AreEqual((Errno)0, kernel.EpollCreate(out SafeFileHandle epoll));
        using (epoll)
        using (NativeChild child = NativeChild.StartShell("exit 0"))
        {
            child.WaitUntilZombie();
            SafePidFdHandle[] pidFds = [.. expected.Select(_ => child.OpenPidFd())];
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual((Errno)0, kernel.EpollAdd(epoll, pidFds[i], expected[i]));
            }

            ulong[] tokens = new ulong[expected.Length + 1];
            Assert.AreEqual((Errno)0, kernel.EpollWait(epoll, tokens, milliseconds: -1, out int count));
            CollectionAssert.AreEquivalent(expected, tokens[..count]);
            Assert.AreEqual((Errno)0, kernel.EpollWait(epoll, tokens, milliseconds: 0, out count));
            Assert.AreEqual(0, count, "An exit is reported once.");
            Array.ForEach(pidFds, p => p.Dispose());
        }
    }

    [TestMethod]
    [DataRow(true, 16, 24)]
    [DataRow(false, 12, 20)]
    public void SigInfo_HasPaddingOn64BitHostsAlone(bool is64Bit, int processIdOffset, int statusOffset)
    {
        Assert.AreEqual(128, SigInfo.Size);
        Assert.AreEqual(8, SigInfo.CodeOffset);
        Assert.AreEqual(processIdOffset, SigInfo.ProcessIdOffset(is64Bit));
        Assert.AreEqual(statusOffset, SigInfo.StatusOffset(is64Bit));

        int[] ints = [.. Enumerable.Range(100, SigInfo.Size / sizeof(int))];
        SigInfo expected = new(Code: 102, ProcessId: 100 + (processIdOffset / 4), Status: 100 + (statusOffset / 4));
        Assert.AreEqual(expected, SigInfo.Read(MemoryMarshal.AsBytes<int>(ints), is64Bit));
    }

    [TestMethod]
    public void SigInfo_IsWhereTheKernelWritesIt()
    {
        WaitRaw("exit 7", out int processId, out byte[] info, out _);
        int[] ints = MemoryMarshal.Cast<byte, int>(info).ToArray();
        bool is64Bit = Environment.Is64BitProcess;
        Assert.AreEqual(17, ints[0], "si_signo is SIGCHLD.");
        Assert.AreEqual(0, ints[1], "si_errno");
        Assert.AreEqual((int)ChildCode.Exited, ints[SigInfo.CodeOffset / 4]);
        Assert.AreEqual(processId, ints[SigInfo.ProcessIdOffset(is64Bit) / 4]);
        Assert.AreEqual(7, ints[SigInfo.StatusOffset(is64Bit) / 4]);
        Assert.IsLessThanOrEqualTo(SigInfo.Size, WrittenLength(info));
    }

    [TestMethod]
    public void RUsage_IsAsLongAsTheKernelWrites()
    {
        WaitRaw("exit 0", out _, out _, out byte[] usage);
        Assert.AreEqual(WrittenLength(usage), sizeof(RUsage));
    }

    [TestMethod]
    public void RUsage_SaysWhatProcSays()
    {
        using NativeChild child = NativeChild.StartShell("exec dd if=/dev/zero of=/dev/null bs=1 count=300000 2>/dev/null");
        using SafePidFdHandle pidFd = child.OpenPidFd();
        child.WaitUntilZombie();
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.WaitIdNoWait(pidFd, out _, out RUsage usage));

        string[] fields = ProcessTable.FieldsOf(child.Id)!;
        AssertTicks(fields[11], usage.UserSeconds, usage.UserMicroseconds);
        AssertTicks(fields[12], usage.SystemSeconds, usage.SystemMicroseconds);

        // There is no upper bound, because the peak before the exec counts, too, and that is the peak of this process.
        Assert.IsGreaterThan(100, (long)usage.MaxResidentKilobytes);
    }

    private static void AssertTicks(string ticks, nint seconds, nint microseconds)
    {
        Assert.IsInRange(0, 999_999, (int)microseconds);
        double measured = (seconds * 100.0) + (microseconds / 10_000.0);
        Assert.IsGreaterThan(0, measured, "dd takes user and system time.");
        Assert.AreEqual(double.Parse(ticks, CultureInfo.InvariantCulture), measured, delta: 1.01, "/proc counts in ticks of 10 ms.");
    }

    private static void WaitRaw(string script, out int processId, out byte[] info, out byte[] usage)
    {
        info = new byte[512];
        usage = new byte[512];
        Array.Fill(info, Untouched);
        Array.Fill(usage, Untouched);
        using NativeChild child = NativeChild.StartShell(script);
        using SafePidFdHandle pidFd = child.OpenPidFd();
        child.WaitUntilZombie();
        fixed (byte* infoPointer = info)
        fixed (byte* usagePointer = usage)
        {
            nint result = Libc.SyscallWaitId(
                SyscallNumbers.Current.WaitId, PPidFd, pidFd, infoPointer, ExitedNoHangNoWait, usagePointer);
            Assert.AreEqual(0, (int)result);
        }

        processId = child.Id;
    }

    private static int WrittenLength(byte[] buffer) => Array.FindLastIndex(buffer, b => b != Untouched) + 1;
}
