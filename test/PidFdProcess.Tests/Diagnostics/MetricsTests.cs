using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Diagnostics;

[TestClass]
public sealed class MetricsTests
{
    [TestMethod]
    public void TheMeter_HasEachInstrument_WithItsKindNameAndUnit()
    {
        using ProcessHandleRegistry registry = new();
        using Process child = TestProcesses.StartExiting(0);
        registry.WaitForExitStatus(child);
        using Measurements measurements = new();
        string[] all = [.. measurements.Instruments.Select(i => $"{i.GetType().Name} {i.Name} {i.Unit}").Order(StringComparer.Ordinal)];
        Assert.AreEqual(
            """
            Counter`1 pidfdprocess.attachments {process}
            Counter`1 pidfdprocess.exits {process}
            Counter`1 pidfdprocess.fallbacks {call}
            Counter`1 pidfdprocess.signals {signal}
            ObservableUpDownCounter`1 pidfdprocess.waits.pending {wait}
            """,
            string.Join('\n', all));
        Assert.IsTrue(measurements.Instruments.All(i => !string.IsNullOrEmpty(i.Description)));
        string version = typeof(ProcessHandleRegistry).Assembly.GetName().Version!.ToString(3);
        Assert.IsTrue(measurements.Instruments.All(i => i.Meter.Version == version));
    }

    [TestMethod]
    public void AnAttachment_IsCountedOnce_ByRouteAndReason()
    {
        using ProcessHandleRegistry stock = StockSwitch.CreateRegistry();
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        _ = registry.Support;
        using Process child = TestProcesses.StartSleeper();
        using Process exited = TestProcesses.StartExiting(0);
        exited.WaitForExit();
        using Measurements measurements = new("pidfdprocess.attachments");

        kernel.OnOpen = _ => Errno.EMFILE;
        registry.Attach(child);
        Assert.AreEqual(1, measurements["attachments{route=stock,reason=resource}"]);
        kernel.OnOpen = null;
        registry.Attach(child);
        registry.Attach(child);
        Assert.AreEqual(1, measurements["attachments{route=pidfd,reason=attached}"], "an attachment that is there already is no new one");
        registry.Attach(exited);
        Assert.AreEqual(1, measurements["attachments{route=stock,reason=exited}"]);
        stock.Attach(child);
        Assert.AreEqual(1, measurements["attachments{route=stock,reason=unsupported}"]);
        Assert.HasCount(4, measurements.Keys());
        stock.Kill(child);
        child.WaitForExit();
    }

    [TestMethod]
    public async Task PendingWaitsGoUpAndDown_AlsoForAListenerThatStartsLate()
    {
        using Process child = TestProcesses.StartSleeper();
        using CancellationTokenSource source = new();
        long before;
        using (Measurements early = new("pidfdprocess.waits.pending"))
        {
            before = early["waits.pending"];
        }

        Task first = child.WaitForExitPidFdAsync();
        Task second = child.WaitForExitPidFdAsync(source.Token);
        using Measurements measurements = new("pidfdprocess.waits.pending");
        Assert.AreEqual(before + 2, measurements["waits.pending"]);
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => second);
        Assert.AreEqual(before + 1, measurements["waits.pending"]);
        child.KillViaPidFd();
        await first;
        Assert.AreEqual(before, measurements["waits.pending"]);
        await child.WaitForExitPidFdAsync();
        Assert.AreEqual(before, measurements["waits.pending"]);
    }

    [TestMethod]
    public async Task AWaitByPolls_IsPendingUntilTheExit()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        using Measurements measurements = new("pidfdprocess.waits.pending");
        long before = measurements["waits.pending"];
        kernel.OnEpollAdd = () => Errno.ENOSPC;
        Task wait = registry.WaitForExitAsync(child);
        Assert.AreEqual(before + 1, measurements["waits.pending"]);
        registry.Kill(child);
        await wait;
        Assert.AreEqual(before, measurements["waits.pending"]);
    }

    [TestMethod]
    public void AnExit_IsCountedOnce_ByTheSourceOfItsStatus()
    {
        using Measurements measurements = new("pidfdprocess.exits");
        using NonChildProcess zombie = NonChildProcess.StartUnreaped();
        using NonChildProcess reaped = NonChildProcess.StartReaped();
        using ProcessHandleRegistry registry = new();
        using ProcessHandleRegistry old = TestRegistry.On(new HookedKernel().WithoutInfo().Platform);
        using Process zombieProcess = registry.Open(zombie.Id);
        using Process reapedProcess = registry.Open(reaped.Id);
        using Process unknownProcess = old.Open(reaped.Id);
        zombie.KillAndWaitUntilZombie();
        reaped.KillAndWaitUntilReaped();

        for (int i = 0; i < 3; i++)
        {
            registry.WaitForExitStatus(zombieProcess);
            registry.WaitForExitStatus(reapedProcess);
            Assert.AreEqual(ExitStatusSource.Unknown, old.WaitForExitStatus(unknownProcess).Source);
        }

        Assert.AreEqual(1, measurements["exits{source=ProcStat}"]);
        Assert.AreEqual(ReapedStatus.IsKept ? 1 : 0, measurements["exits{source=PidFdInfo}"]);
        Assert.AreEqual(ReapedStatus.IsKept ? 1 : 2, measurements["exits{source=Unknown}"]);

        using ProcessHandleRegistry stock = StockSwitch.CreateRegistry();
        using Process served = TestProcesses.StartExiting(0);
        for (int i = 0; i < 3; i++)
        {
            Assert.IsTrue(stock.WaitForExit(served, -1));
        }

        Assert.AreEqual(1, measurements["exits{source=Runtime}"]);

        long children = Children();
        using Process child = TestProcesses.StartSleeper();
        child.KillViaPidFd();
        child.WaitForExitStatusPidFd();
        Assert.AreEqual(children + 1, Children());

        long Children() => measurements["exits{source=WaitId}"] + measurements["exits{source=PidFdInfo}"] + measurements["exits{source=Unknown}"];
    }

    [TestMethod]
    public void ASignal_IsCounted_ByNameAndResult()
    {
        using Process child = TestProcesses.StartSleeper();
        using Measurements measurements = new("pidfdprocess.signals");
        child.SignalViaPidFd(PosixSignal.SIGCONT);
        child.SignalViaPidFd((PosixSignal)0);
        child.SignalViaPidFd((Signum)34);
        Assert.AreEqual(1, measurements["signals{signal=SIGCONT,result=sent}"]);
        Assert.AreEqual(1, measurements["signals{signal=34,result=sent}"]);
        child.WaitForExit();
        child.KillViaPidFd();
        Assert.AreEqual(1, measurements["signals{signal=SIGKILL,result=exited}"]);

        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process other = TestProcesses.StartSleeper();
        registry.Attach(other);
        kernel.OnSignal = (_, _) => Errno.EPERM;
        Assert.ThrowsExactly<System.ComponentModel.Win32Exception>(() => registry.Kill(other));
        Assert.AreEqual(1, measurements["signals{signal=SIGKILL,result=EPERM}"]);
        other.Kill();
        other.WaitForExit();
    }

    [TestMethod]
    public async Task AFallback_IsCountedOnce_ByCallAndErrno()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process child = TestProcesses.StartSleeper();
        registry.Attach(child);
        using Measurements measurements = new("pidfdprocess.fallbacks");
        kernel.OnEpollAdd = () => Errno.ENOSPC;
        Task wait = registry.WaitForExitAsync(child);
        Assert.AreEqual(1, measurements["fallbacks{call=epoll_ctl,error=ENOSPC}"]);
        registry.Kill(child);
        await wait;
        Assert.HasCount(1, measurements.Keys());
    }

    [TestMethod]
    public void TheMeter_WithoutAListener_AllocatesNothing()
    {
        const int Tries = 5;
        long before = 0;
        long allocated = long.MaxValue;

        // The first try warms up. The runtime may allocate during any try.
        for (int i = 0; i < Tries && allocated != 0; i++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            Measure();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.AreEqual(0, allocated);

        using (new Measurements())
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            Measure();
            Assert.IsGreaterThan(0, GC.GetAllocatedBytesForCurrentThread() - before, "the same calls with a listener");
        }

        void Measure()
        {
            PidFdMetrics.Attached("stock", "resource");
            PidFdMetrics.WaitBegan();
            PidFdMetrics.WaitEnded();
            if (PidFdMetrics.CountsExits)
            {
                PidFdMetrics.Exited("WaitId");
            }

            if (PidFdMetrics.CountsSignals)
            {
                PidFdMetrics.Signaled("SIGTERM", "EPERM");
            }

            PidFdMetrics.FellBack("poll", "EMFILE");
        }
    }
}
