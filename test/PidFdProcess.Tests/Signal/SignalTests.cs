using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Signal;

/// <summary>Signals to real processes, on both routes.</summary>
[TestClass]
public sealed class SignalTests
{
    // The C library keeps 32 and 33 for itself, and no process can block SIGKILL and SIGSTOP.
    private static IEnumerable<int> Blockable => Enumerable.Range(1, 64).Where(number => number is not (9 or 19 or 32 or 33));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Signal_WithEachPortableSignal_ReachesTheProcess(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        foreach (PosixSignal signal in Enum.GetValues<PosixSignal>().Where(signal => (int)signal != -11))
        {
            using BlockedProcess child = new();
            int expected = (int)Enum.Parse<Signum>(signal.ToString());
            Assert.IsTrue(registry.Signal(child.Process, signal));
            Assert.AreEqual(1UL << (expected - 1), child.Pending(), signal.ToString());
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Signal_WithEachRawNumber_ReachesTheProcess(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        foreach (int number in Blockable)
        {
            // One process for each signal, because a stop signal removes a pending SIGCONT and the other way round.
            using BlockedProcess child = new();
            Assert.IsTrue(registry.Signal(child.Process, number % 2 == 0 ? (Signum)number : (Signum)(int)(PosixSignal)number));
            Assert.AreEqual(1UL << (number - 1), child.Pending(), number.ToString(CultureInfo.InvariantCulture));
        }
    }

    [TestMethod]
    [DataRow(false, 9)]
    [DataRow(false, 32)]
    [DataRow(false, 33)]
    [DataRow(false, 34)]
    [DataRow(false, 64)]
    [DataRow(true, 9)]
    [DataRow(true, 15)]
    [DataRow(true, 34)]
    [DataRow(true, 64)]
    public void Signal_WithAFatalSignal_EndsTheProcess(bool stock, int number)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process child = TestProcesses.StartSleeper();
        Assert.IsTrue(registry.Signal(child, (PosixSignal)number));
        child.WaitForExit();
        Assert.AreEqual(128 + number, child.ExitCode);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Signal_WithZero_FindsTheProcess_AndSendsNothing(bool stock)
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using BlockedProcess child = new();
        Assert.IsTrue(registry.Signal(child.Process, (PosixSignal)0));
        Assert.IsTrue(registry.Signal(child.Process, (Signum)0));
        Assert.AreEqual(0UL, child.Pending());
    }

    [TestMethod]
    [DataRow(false, "pidfd_send_signal")]
    [DataRow(true, "kill")]
    public void Signal_ThatIsNotPermitted_NamesCallErrnoAndProcess(bool stock, string call)
    {
        OtherUser.Require();
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistry(stock);
        using Process child = TestProcesses.StartSleeper();
        try
        {
            registry.Attach(child);
            Win32Exception e = null!;
            OtherUser.Run(() => e = Assert.ThrowsExactly<Win32Exception>(() => registry.Signal(child, PosixSignal.SIGTERM)));
            Assert.AreEqual((int)Errno.EPERM, e.NativeErrorCode);
            StringAssert.Contains(e.Message, call);
            StringAssert.Contains(e.Message, "SIGTERM");
            StringAssert.Contains(e.Message, "EPERM");
            StringAssert.Contains(e.Message, $"process {child.Id}");

            // A refusal is no reason to stop using the pidfd.
            Assert.AreEqual(stock ? ProcessRoute.Stock : ProcessRoute.PidFd, registry.Attach(child).Route);
            Assert.IsFalse(child.HasExited);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }
}
