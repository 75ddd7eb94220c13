using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Calls;

/// <summary>
/// A file under /proc that cannot be opened because descriptors or memory are short says nothing about the platform, and a later call may succeed.
/// </summary>
[TestClass]
public sealed class ShortageErrnoTests
{
    private static readonly Dictionary<string, Action<ProcessHandleRegistry, Process>> s_calls = new()
    {
        ["OpenParent"] = static (registry, process) => registry.OpenParent(process),
        ["GetChildren"] = static (registry, process) => registry.GetChildren(process),
        ["GetDescendants"] = static (registry, process) => registry.GetDescendants(process),
        ["WaitForTreeExitAsync"] = static (registry, process) => registry.WaitForTreeExitAsync(process).GetAwaiter().GetResult(),
        ["KillDescendants"] = static (registry, process) => registry.KillDescendants(process),
        ["GetIdentity"] = static (registry, process) => registry.GetIdentity(process),
    };

    public static IEnumerable<object[]> Calls =>
        from call in s_calls.Keys from error in new[] { Errno.EMFILE, Errno.ENOMEM } select new object[] { call, error };

    [TestMethod]
    [DynamicData(nameof(Calls))]
    internal void ACall_WithoutAFreeDescriptor_IsNoPlatformNotSupported(string call, Errno error)
    {
        HookedKernel kernel = new() { HidesParents = true };
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        kernel.OnReadStat = _ => error;
        Assert.AreEqual((int)error, Assert.ThrowsExactly<Win32Exception>(() => s_calls[call](registry, process)).NativeErrorCode);
    }

    [TestMethod]
    public void TheBootId_WithoutAFreeDescriptor_IsNoPlatformNotSupported()
    {
        HookedPidFs pidFs = HookedPidFs.For(ProcessIdentityMethod.StartTicks);
        using Process self = Process.GetCurrentProcess();
        using ProcessHandleRegistry other = new();
        ProcessIdentity identity = other.GetIdentity(self);
        using ProcessHandleRegistry registry = pidFs.CreateRegistry(ProcessIdentityMethod.StartTicks);
        pidFs.OnReadBootId = static () => Errno.EMFILE;
        Assert.AreEqual((int)Errno.EMFILE, Assert.ThrowsExactly<Win32Exception>(() => registry.GetIdentity(self)).NativeErrorCode);
        Assert.AreEqual((int)Errno.EMFILE, Assert.ThrowsExactly<Win32Exception>(() => registry.Open(identity)).NativeErrorCode);
    }

    [TestMethod]
    public void ThePidOfAPidFd_WithoutAFreeDescriptor_IsNoPlatformNotSupported()
    {
        HookedPidFs pidFs = new() { OnGetProcessId = static () => Errno.EMFILE };
        using ProcessHandleRegistry registry = pidFs.CreateRegistry();
        Assert.AreEqual(0, (int)LinuxKernel.Instance.PidFdOpen(Environment.ProcessId, out SafePidFdHandle pidFd));
        using (pidFd)
        {
            Assert.AreEqual((int)Errno.EMFILE, Assert.ThrowsExactly<Win32Exception>(() => registry.Open(pidFd)).NativeErrorCode);
        }
    }
}
