using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

/// <summary>Which method the probe chooses, what it says about it, and what a call that fails later means.</summary>
[TestClass]
public sealed class IdentityMethodTests
{
    private readonly HookedPidFs _pidFs = new();
    private readonly HookedKernel _kernel = new();

    [TestInitialize]
    public void RequireFileHandles()
    {
        if (PidFdPlatform.Shared.PidFs.Ability.Method != PidFsMethod.FileHandle)
        {
            Assert.Inconclusive(PidFdPlatform.Shared.PidFs.Ability.Reason);
        }
    }

    [TestMethod]
    public void TheFinestMethod_IsChosenAndReported()
    {
        int before = TestProcesses.OpenPidFds();
        PidFdSupport support = ProcessHandleRegistry.Default.Support;
        Assert.AreEqual(ProcessIdentityMethod.FileHandle, support.IdentityMethod);
        Assert.AreEqual("processes are identified by file handle", support.IdentityReason);
        PidFsAbility.Probe(_kernel, _pidFs);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    /// <summary>Without such a registry, the tests of a coarser method are inconclusive, which is easy to overlook.</summary>
    [TestMethod]
    [DataRow(ProcessIdentityMethod.StartTicks)]
    [DataRow(ProcessIdentityMethod.PidFdId)]
    [DataRow(ProcessIdentityMethod.FileHandle)]
    public void ARegistryOfEachMethod_CanBeMadeWhereTheFinestWorks(ProcessIdentityMethod method)
    {
        try
        {
            HookedPidFs.CreateRegistry(method).Dispose();
        }
        catch (AssertInconclusiveException e)
        {
            Assert.Fail(e.Message);
        }
    }

    [TestMethod]
    public void SwitchedOffByTheOperator_TheStartTicksAreLeft()
    {
        using ProcessHandleRegistry stock = StockSwitch.CreateRegistry();
        Assert.AreEqual(ProcessIdentityMethod.StartTicks, stock.Support.IdentityMethod);
        StringAssert.Contains(stock.Support.IdentityReason, "10 ms");
        StringAssert.Contains(stock.Support.IdentityReason, PidFdSupport.DisabledSwitch);
        Assert.AreEqual($"pidfds are not used: disabled by the AppContext switch {PidFdSupport.DisabledSwitch}", stock.Support.ToString());
    }

    [TestMethod]
    [DataRow("open_by_handle_at", Errno.EPERM, PidFsMethod.PidFdId, "open_by_handle_at: EPERM (seccomp")]
    [DataRow("open_by_handle_at", Errno.ENOSYS, PidFsMethod.PidFdId, "open_by_handle_at: ENOSYS (")]
    [DataRow("name_to_handle_at", Errno.EPERM, PidFsMethod.PidFdId, "name_to_handle_at: EPERM (seccomp")]
    [DataRow("name_to_handle_at", Errno.EOPNOTSUPP, PidFsMethod.PidFdId, "name_to_handle_at: EOPNOTSUPP (Linux older than 6.14)")]
    [DataRow("statx", Errno.EPERM, PidFsMethod.StartTicks, "statx: EPERM (seccomp")]
    [DataRow("fstatfs", Errno.EPERM, PidFsMethod.StartTicks, "fstatfs: EPERM (seccomp")]
    [DataRow("pidfd_open", Errno.ENOSYS, PidFsMethod.StartTicks, "pidfd_open: ENOSYS (")]
    internal void ACallThatIsForbidden_CostsOneStep(string call, Errno error, PidFsMethod method, string reason)
    {
        Fail(call, error);
        PidFs pidFs = new(new PidFsProbe(_kernel, _pidFs));
        Assert.AreEqual(method, pidFs.Ability.Method);
        StringAssert.Contains(pidFs.Ability.Reason, reason);
    }

    /// <summary>The filter may end the program for these calls.</summary>
    [TestMethod]
    public void UnderASeccompFilter_TheCallsOnHandlesAreNotTried()
    {
        _pidFs.HasFilter = true;
        AssertNoCallOnHandles("because a seccomp filter is on, which may end a program that calls open_by_handle_at");
        _pidFs.OnHasSeccompFilter = () => Errno.ENOENT;
        AssertNoCallOnHandles("because of /proc: ENOENT (it is not mounted");
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel);
        using Process self = Process.GetCurrentProcess();
        using Process process = registry.Open(registry.GetIdentity(self) with { StartTicks = null });
        Assert.AreEqual(Environment.ProcessId, process.Id);
    }

    [TestMethod]
    public void IfPidFdsAreSwitchedOff_ACompleteIdentity_IsFoundWithoutTheProbe()
    {
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = ProcessHandleRegistry.Default.GetIdentity(self);
        _kernel.OnOpen = _ => throw new InvalidOperationException("Probed.");
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel, disabled: PidFdSupport.Unsupported("switched off"));
        using Process process = registry.Open(identity);
        Assert.AreEqual(Environment.ProcessId, process.Id);
        _kernel.OnReadStat = _ => Errno.ENOENT;
        StringAssert.Contains(
            Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.GetIdentity(self)).Message, "(pidfds are not used: switched off)");
    }

    [TestMethod]
    public void BeforePidFs_TheStartTicksAreLeft()
    {
        _pidFs.HasPidFs = false;
        PidFsAbility ability = PidFsAbility.Probe(_kernel, _pidFs);
        Assert.AreEqual(PidFsMethod.StartTicks, ability.Method);
        StringAssert.Contains(ability.Reason, "Linux older than 6.9");
    }

    [TestMethod]
    [DataRow(Errno.EMFILE)]
    [DataRow(Errno.EBADF)]
    internal void AProbeWhoseFailureMayPass_IsRepeated(Errno error)
    {
        Fail("open_by_handle_at", error);
        PidFs pidFs = new(new PidFsProbe(_kernel, _pidFs));
        Assert.AreEqual(PidFsMethod.PidFdId, pidFs.Ability.Method);
        _pidFs.OnOpenByHandle = null;
        Assert.AreEqual(PidFsMethod.FileHandle, pidFs.Ability.Method);
    }

    [TestMethod]
    public void ByHandle_ThePidInTheIdentityDoesNotMatter()
    {
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel);
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity elsewhere = registry.GetIdentity(child) with { ProcessId = Environment.ProcessId };
        using Process process = registry.Open(elsewhere);
        Assert.AreEqual(child.Id, process.Id);
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    public void AProcessThatIsNotVisibleHere_IsRefusedWithTheReason()
    {
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel);
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = registry.GetIdentity(self);
        int before = TestProcesses.OpenPidFds();
        _pidFs.ChangeProcessId = _ => 0;
        AssertGone(registry, identity, "not visible in this PID namespace");
        _pidFs.ChangeProcessId = null;
        _pidFs.OnGetProcessId = () => Errno.ESRCH;
        AssertGone(registry, identity, "not visible in this PID namespace");
        _pidFs.OnGetProcessId = null;
        _pidFs.OnOpenByHandle = _ => Errno.ESTALE;
        AssertGone(registry, identity, "not visible in this PID namespace");
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    public void IfNoCallTellsThePid_ThePidOfTheIdentityIsTried()
    {
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel);
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = registry.GetIdentity(self);
        int before = TestProcesses.OpenPidFds();
        _pidFs.OnGetProcessId = () => Errno.ENOTTY;
        using Process process = registry.Open(identity);
        Assert.AreEqual(Environment.ProcessId, process.Id);
        AssertGone(registry, identity with { ProcessId = 1 }, "another process");
        registry.Detach(process);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [TestMethod]
    public void AProcessThatIsReapedAfterItWasFound_IsGoneAndThePidFdClosed()
    {
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process opened = registry.Open(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(opened);
        registry.Detach(opened);
        int before = TestProcesses.OpenPidFds();
        _kernel.OnSignal = (_, _) =>
        {
            _kernel.OnSignal = null;
            nonChild.KillAndWaitUntilReaped();
            return null;
        };
        Assert.IsFalse(registry.TryOpen(identity, out _));
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
        Assert.AreEqual(0, registry.Count);
    }

    [TestMethod]
    [DataRow(ProcessIdentityMethod.FileHandle, "open_by_handle_at", "open_by_handle_at")]
    [DataRow(ProcessIdentityMethod.FileHandle, "pidfd_open", "open_by_handle_at")]
    [DataRow(ProcessIdentityMethod.PidFdId, "pidfd_open", "pidfd_open")]
    public void OutOfDescriptors_TheRuntimeServesTheProcessIfItsTicksAreKnown(ProcessIdentityMethod method, string call, string named)
    {
        if (method == ProcessIdentityMethod.PidFdId)
        {
            Fail("name_to_handle_at", Errno.EOPNOTSUPP);
        }

        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(method, _kernel);
        using Process child = TestProcesses.StartSleeper();
        ProcessIdentity identity = registry.GetIdentity(child);
        Fail(call, Errno.EMFILE);
        using (Process process = registry.Open(identity))
        {
            Assert.AreEqual(child.Id, process.Id);
            Assert.AreEqual(call == "pidfd_open" ? ProcessRoute.Stock : ProcessRoute.PidFd, registry.Attach(process).Route);
        }

        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => registry.Open(identity with { StartTicks = null }));
        StringAssert.Contains(e.Message, $"{named}: EMFILE");
        child.Kill();
        child.WaitForExit();
    }

    [TestMethod]
    public void AProcessThatCannotBeCompared_IsNotReportedAsGone()
    {
        using ProcessHandleRegistry registry = HookedPidFs.For(ProcessIdentityMethod.StartTicks).CreateRegistry(kernel: _kernel);
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = registry.GetIdentity(self);
        _kernel.OnReadStat = _ => Errno.ENOENT;
        StringAssert.Contains(Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.TryOpen(identity, out _)).Message, "hidepid");
        StringAssert.Contains(Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.GetIdentity(self)).Message, "/proc");
        _kernel.OnReadStat = _ => Errno.EMFILE;
        Assert.ThrowsExactly<Win32Exception>(() => registry.TryOpen(identity, out _));
        _kernel.OnReadStat = null;
        Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.TryOpen(identity with { PidFdId = 5, StartTicks = null }, out _));
    }

    [TestMethod]
    [DataRow(Errno.ESRCH, "no process has the PID")]
    [DataRow(Errno.EINVAL, "is the id of a thread now")]
    internal void ByPid_APidThatIsOfNoProcess_IsGone(Errno error, string reason)
    {
        using ProcessHandleRegistry registry = HookedPidFs.For(ProcessIdentityMethod.PidFdId).CreateRegistry(kernel: _kernel);
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = registry.GetIdentity(self);
        Fail("pidfd_open", error);
        AssertGone(registry, identity, reason);

        // This errno says nothing about the process.
        Fail("pidfd_open", Errno.EIO);
        StringAssert.StartsWith(Assert.ThrowsExactly<Win32Exception>(() => registry.TryOpen(identity, out _)).Message, "pidfd_open: EIO");
    }

    [TestMethod]
    public void ByTicks_AProcessThatIsReapedDuringTheCall_IsGone()
    {
        using ProcessHandleRegistry registry = HookedPidFs.For(ProcessIdentityMethod.StartTicks).CreateRegistry(kernel: _kernel);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process opened = registry.Open(nonChild.Id);
        ProcessIdentity identity = registry.GetIdentity(opened);
        _kernel.OnReadStat = _ =>
        {
            nonChild.KillAndWaitUntilReaped();
            return null;
        };
        AssertGone(registry, identity, $"{nonChild.Id}");
    }

    [TestMethod]
    public void OnTheStockRoute_AProcessThatCannotBeCompared_IsNotGone_AndAStrangerIsNotOpened()
    {
        using ProcessHandleRegistry registry = StockSwitch.CreateRegistryOn(_kernel.Platform, stock: true);
        using Process self = Process.GetCurrentProcess();
        ProcessIdentity identity = registry.GetIdentity(self);
        _kernel.OnReadStat = _ => Errno.ENOENT;
        StringAssert.Contains(Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.TryOpen(identity, out _)).Message, "hidepid");

        // The process is hidden from the second read on.
        int looks = 0;
        _kernel.OnReadStat = _ => looks++ == 0 ? null : Errno.ENOENT;
        StringAssert.Contains(Assert.ThrowsExactly<PlatformNotSupportedException>(() => registry.TryOpen(identity, out _)).Message, "hidepid");
        (looks, _kernel.OnKill) = (0, static (_, _) => Errno.ESRCH);
        Assert.IsFalse(registry.TryOpen(identity, out _));
        _kernel.OnKill = null;

        // From the second read on, the PID belongs to a stranger.
        int reads = 0;
        _kernel.OnReadStat = null;
        _kernel.ChangeStat = stat => reads++ == 0 ? stat : stat with { StartTicks = stat.StartTicks + 1 };
        Assert.IsFalse(registry.TryOpen(identity, out _));
        Assert.IsGreaterThan(1, reads);
        Assert.AreEqual(1, registry.Count);
    }

    [TestMethod]
    public void WithoutProc_ThePidFsIdIsEnough()
    {
        using ProcessHandleRegistry registry = _pidFs.CreateRegistry(kernel: _kernel);
        using Process self = Process.GetCurrentProcess();
        _kernel.OnReadStat = _ => Errno.ENOENT;
        _pidFs.OnReadBootId = () => Errno.ENOENT;
        ProcessIdentity identity = registry.GetIdentity(self);
        Assert.AreEqual((null, null, true), (identity.StartTicks, identity.BootId, identity.PidFdId is not null));
        using Process process = registry.Open(identity);
        Assert.AreEqual(Environment.ProcessId, process.Id);

        // Each boot starts the ids again.
        PlatformNotSupportedException e = Assert.ThrowsExactly<PlatformNotSupportedException>(
            () => registry.Open(identity with { BootId = Guid.NewGuid() }));
        StringAssert.Contains(e.Message, "boot_id: ENOENT");
    }

    private static void AssertGone(ProcessHandleRegistry registry, ProcessIdentity identity, string reason)
    {
        Assert.IsFalse(registry.TryOpen(identity, out _));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => registry.Open(identity)).Message, reason);
    }

    private void AssertNoCallOnHandles(string reason)
    {
        int calls = 0;
        _pidFs.OnGetHandle = () => Count();
        _pidFs.OnOpenByHandle = _ => Count();
        PidFsAbility ability = PidFsAbility.Probe(_kernel, _pidFs);
        Assert.AreEqual((PidFsMethod.PidFdId, 0), (ability.Method, calls));
        StringAssert.Contains(ability.Reason, reason);

        Errno? Count()
        {
            calls++;
            return null;
        }
    }

    private void Fail(string call, Errno error)
    {
        switch (call)
        {
            case "open_by_handle_at":
                _pidFs.OnOpenByHandle = _ => error;
                break;
            case "name_to_handle_at":
                _pidFs.OnGetHandle = () => error;
                break;
            case "statx":
                _pidFs.OnGetInode = () => error;
                break;
            case "fstatfs":
                _pidFs.OnIsOnPidFs = () => error;
                break;
            default:
                _kernel.OnOpen = _ => error;
                break;
        }
    }
}
