using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

/// <summary>Identities of real processes, by each method that this kernel has, and on the stock route.</summary>
[TestClass]
public sealed class IdentityTests
{
    // The value None stands for the stock route.
    public static IEnumerable<object[]> Methods => Enum.GetValues<ProcessIdentityMethod>().Select(method => new object[] { method });

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void AChild_IsOpenedAgainByItsIdentity(ProcessIdentityMethod method)
    {
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = registry.GetIdentity(child);
        AssertIdentity(method, child.Id, identity);
        AssertOpens(registry, identity, child.Id);
        Kill(child);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void ANonChild_IsOpenedAgainByItsIdentity(ProcessIdentityMethod method)
    {
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(process);
        AssertIdentity(method, nonChild.Id, identity);
        AssertOpens(registry, identity, nonChild.Id);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void TheTextForm_OpensTheSameProcess(ProcessIdentityMethod method)
    {
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = registry.GetIdentity(child);
        ProcessIdentity parsed = ProcessIdentity.Parse(identity.ToString(), null);
        Assert.AreEqual(identity, parsed);
        AssertOpens(registry, parsed, child.Id);
        if (identity.PidFdId is not null)
        {
            AssertOpens(registry, ProcessIdentity.Parse($"{identity:P}", null), child.Id);
        }

        Kill(child);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void ThisProcess_HasAnIdentity(ProcessIdentityMethod method)
    {
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using Process self = Process.GetCurrentProcess();
        AssertOpens(registry, registry.GetIdentity(self), Environment.ProcessId);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void AZombie_HasAnIdentityAndIsOpened(ProcessIdentityMethod method)
    {
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        nonChild.KillAndWaitUntilZombie();
        using Process process = registry.Open(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(process);
        AssertIdentity(method, nonChild.Id, identity);
        AssertOpens(registry, identity, nonChild.Id);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void AfterTheReap_TheIdentityOpensNothing(ProcessIdentityMethod method)
    {
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using Process child = TestProcesses.StartSleeper();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        ProcessIdentity ofChild = registry.GetIdentity(child);
        ProcessIdentity ofNonChild = registry.GetIdentity(process);
        Kill(child);
        nonChild.KillAndWaitUntilReaped();

        AssertGone(registry, ofChild);
        AssertGone(registry, ofNonChild);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => registry.GetIdentity(child)).Message, "reaped");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => registry.GetIdentity(process)).Message, "reaped");
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void AnotherProcessUnderThePid_IsNotOpened(ProcessIdentityMethod method)
    {
        // The innocent process is the one whose PID the identity has.
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using Process dead = TestProcesses.StartSleeper();
        ProcessIdentity identity = registry.GetIdentity(dead);
        Kill(dead);
        TestProcesses.WaitUntil(() => StartedLater(registry, identity), "the start ticks differ");
        using Process innocent = TestProcesses.StartSleeper();
        AssertGone(registry, identity with { ProcessId = innocent.Id });
        Kill(innocent);
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void AnotherBoot_IsGoneWithoutALook(ProcessIdentityMethod method)
    {
        HookedPidFs pidFs = HookedPidFs.For(method);
        using ProcessHandleRegistry registry = CreateRegistry(method, pidFs);
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = registry.GetIdentity(child);
        pidFs.OnOpenByHandle = _ => throw new InvalidOperationException("Looked.");
        AssertGone(registry, identity with { BootId = Guid.NewGuid() }, "booted");
        Kill(child);
    }

    [TestMethod]
    [DataRow(ProcessIdentityMethod.PidFdId)]
    [DataRow(ProcessIdentityMethod.FileHandle)]
    public void SwitchedOffByTheOperator_APidFsIdIsStillComparedThroughAPidFd(ProcessIdentityMethod method)
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = CreateRegistry(method);
        using ProcessHandleRegistry stock = CreateStockRegistry(method);
        ProcessIdentity parsed = ProcessIdentity.Parse(registry.GetIdentity(child).ToString(), null);
        AssertOpens(stock, parsed, child.Id);
        AssertGone(stock, parsed with { PidFdId = parsed.PidFdId + 1_000_000 });
        Kill(child);
        AssertGone(stock, parsed);
    }

    [TestMethod]
    public void WithoutPidFds_APidFsIdAloneCannotBeCompared()
    {
        using Process child = TestProcesses.StartSleeper();
        using ProcessHandleRegistry registry = new();
        using ProcessHandleRegistry stock = CreateStockRegistry(ProcessIdentityMethod.StartTicks);
        ProcessIdentity identity = registry.GetIdentity(child);
        PlatformNotSupportedException e = Assert.ThrowsExactly<PlatformNotSupportedException>(
            () => stock.TryOpen(identity with { PidFdId = 5, StartTicks = null }, out _));
        StringAssert.Contains(e.Message, PidFdSupport.DisabledSwitch);

        // With the ticks it can.
        AssertOpens(stock, identity, child.Id);
        Kill(child);
    }

    [TestMethod]
    public void AnIdentityThatNamesNoProcess_IsGone()
    {
        using ProcessHandleRegistry registry = new();
        AssertGone(registry, default, "names no process");
        AssertGone(registry, new ProcessIdentity(Environment.ProcessId, null, null, Guid.NewGuid()), "names no process");
        AssertGone(registry, new ProcessIdentity(Environment.ProcessId, null, 1, null), "names no process");
    }

    [TestMethod]
    public void AnObjectWithoutAProcess_HasNoIdentity()
    {
        using ProcessHandleRegistry registry = new();
        using Process process = new();
        Assert.ThrowsExactly<InvalidOperationException>(() => registry.GetIdentity(process));
        Assert.ThrowsExactly<ArgumentNullException>(() => registry.GetIdentity(null!));
    }

    [TestMethod]
    public void ADisposedRegistry_OpensNothing()
    {
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = self.GetIdentityViaPidFd();
        ProcessHandleRegistry registry = new();
        registry.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => registry.Open(identity));
        Assert.ThrowsExactly<ObjectDisposedException>(() => registry.TryOpen(identity, out _));
        Assert.ThrowsExactly<ObjectDisposedException>(() => registry.TryOpen(1, out _));
    }

    private static ProcessHandleRegistry CreateRegistry(ProcessIdentityMethod method, HookedPidFs? pidFs = null) =>
        method == ProcessIdentityMethod.None ? StockSwitch.CreateRegistry() : (pidFs ?? HookedPidFs.For(method)).CreateRegistry(method);

    private static ProcessHandleRegistry CreateStockRegistry(ProcessIdentityMethod method) => HookedPidFs.For(method).CreateRegistry(
        disabled: PidFdSupport.Unsupported($"disabled by the AppContext switch {PidFdSupport.DisabledSwitch}"));

    private static void AssertIdentity(ProcessIdentityMethod method, int processId, ProcessIdentity identity)
    {
        Assert.AreEqual(processId, identity.ProcessId);
        Assert.AreEqual(method >= ProcessIdentityMethod.PidFdId, identity.PidFdId is not null);
        Assert.IsGreaterThan(0UL, identity.StartTicks!.Value);
        Assert.AreEqual(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), identity.BootId.ToString());
    }

    private static void AssertOpens(ProcessHandleRegistry registry, ProcessIdentity identity, int processId)
    {
        int before = TestProcesses.OpenPidFds();
        using (Process process = registry.Open(identity))
        {
            Assert.AreEqual(processId, process.Id);
            Assert.IsTrue(registry.TryGetAttachment(process, out ProcessAttachment? attachment));
            Assert.AreEqual(registry.Support.IsSupported ? ProcessRoute.PidFd : ProcessRoute.Stock, attachment.Route, attachment.Reason);
            Assert.IsTrue(registry.TryOpen(identity, out Process? same));
            Assert.AreEqual(processId, same.Id);
            registry.Detach(process);
            registry.Detach(same);
            same.Dispose();
        }

        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    private static void AssertGone(ProcessHandleRegistry registry, ProcessIdentity identity, string reason = "")
    {
        int before = TestProcesses.OpenPidFds();
        Assert.IsFalse(registry.TryOpen(identity, out Process? process));
        Assert.IsNull(process);
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => registry.Open(identity));
        StringAssert.Contains(e.Message, identity.ToString());
        StringAssert.Contains(e.Message, reason);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    private static bool StartedLater(ProcessHandleRegistry registry, ProcessIdentity identity)
    {
        using Process other = TestProcesses.StartSleeper();
        bool differs = registry.GetIdentity(other).StartTicks > identity.StartTicks;
        Kill(other);
        return differs;
    }

    private static void Kill(Process child)
    {
        child.Kill();
        child.WaitForExit();
    }
}
