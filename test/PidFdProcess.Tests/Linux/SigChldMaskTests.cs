using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Diagnostics;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

/// <summary>A thread that blocks until it has an exit status leaves SIGCHLD to other threads, but only during the wait.</summary>
[TestClass]
public sealed class SigChldMaskTests
{
    private const string MaskedSignals = "SigBlk:";
    private const ulong SigChld = 1ul << 16;

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AWaitForTheStatus_KeepsSigChldFromItsThread_AndAPlainWaitDoesNot(bool forStatus)
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        int thread = 0;
        bool? masked = null;
        Thread waiter = new(() =>
        {
            Volatile.Write(ref thread, Native.ThreadId());
            if (forStatus)
            {
                registry.WaitForExitStatus(child);
            }
            else
            {
                registry.WaitForExit(child, Timeout.Infinite);
            }

            masked = IsMasked("/proc/thread-self");
        });
        waiter.Start();
        TestProcesses.WaitUntil(() => PollingThread.IsInPoll(Volatile.Read(ref thread)), "the thread polls");
        Assert.AreEqual(forStatus, IsMasked(Invariant($"/proc/self/task/{thread}")));

        registry.Kill(child);
        waiter.Join();
        Assert.IsFalse(masked);
    }

    [TestMethod]
    public void AProcessThatAHandlerOfExitedStarts_DoesNotInheritTheMask()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        child.EnableRaisingEvents = true;
        bool? masked = null;
        using ManualResetEventSlim handled = new();
        child.Exited += (_, _) =>
        {
            using Process next = TestProcesses.StartSleeper();
            masked = IsMasked(Invariant($"/proc/{next.Id}"));
            next.Kill();
            handled.Set();
        };
        registry.Kill(child);
        registry.WaitForExitStatus(child);
        Assert.IsTrue(handled.Wait(TimeSpan.FromSeconds(60)));
        Assert.IsFalse(masked);
    }

    [TestMethod]
    public void AProcessThatAListenerOfTheMeterStarts_DoesNotInheritTheMask()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        bool? masked = null;
        using MeterListener listener = ExitListener.Once(() => masked = IsMasked("/proc/thread-self"));
        Thread killer = new(() => registry.Kill(child));
        killer.Start();
        registry.WaitForExitStatus(child);
        killer.Join();
        Assert.IsFalse(masked);
    }

    [TestMethod]
    public void ACallerThatHadBlockedSigChld_HasItBlockedAfterwards()
    {
        bool? masked = null;
        Thread thread = new(() =>
        {
            using (SigChldMask.Set())
            {
                using (SigChldMask.Set())
                {
                }

                masked = IsMasked("/proc/thread-self");
            }
        });
        thread.Start();
        thread.Join();
        Assert.IsTrue(masked);
    }

    [TestMethod]
    public void TheStatusIsRead_BeforeTheThreadTakesSigChldAgain()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        bool? masked = null;
        kernel.OnWaitId = _ =>
        {
            masked ??= IsMasked("/proc/thread-self");
            return null;
        };
        registry.Kill(child);
        registry.WaitForExitStatus(child);
        Assert.IsTrue(masked);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static bool IsMasked(string path)
    {
        string line = File.ReadLines(path + "/status").First(static line => line.StartsWith(MaskedSignals, StringComparison.Ordinal));
        return (ulong.Parse(line.AsSpan(MaskedSignals.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & SigChld) != 0;
    }
}
