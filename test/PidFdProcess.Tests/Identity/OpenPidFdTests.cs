using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed partial class OpenPidFdTests : IDisposable
{
    private const int GetDescriptorFlags = 1;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const nint ThreadFlag = 0x80;
    private const nint NonBlockFlag = 0x800;
    private const int PathOnlyDirectory = 0x90000;

    private readonly HookedPidFs _pidFs = new();
    private readonly ProcessHandleRegistry _registry;

    public OpenPidFdTests() => _registry = _pidFs.CreateRegistry();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void APidFdFromElsewhere_IsDuplicatedAndItsProcessOpened(bool stock)
    {
        using ProcessHandleRegistry registry = stock ? StockSwitch.CreateRegistry() : new ProcessHandleRegistry();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using SafePidFdHandle pidFd = PidFdOf(nonChild.Id);

        // As a descriptor that came over a socket without MSG_CMSG_CLOEXEC.
        Assert.AreEqual(0, Fcntl(pidFd, SetDescriptorFlags, 0));
        using Process process = registry.Open(pidFd);
        Assert.AreEqual(nonChild.Id, process.Id);
        Assert.AreEqual(stock ? ProcessRoute.Stock : ProcessRoute.PidFd, registry.Attach(process).Route);
        if (registry.TryGetPidFd(process, out SafePidFdHandle? own))
        {
            Assert.AreEqual(CloseOnExec, Fcntl(own, GetDescriptorFlags, 0));
            own.Dispose();
        }

        Assert.AreEqual(!stock, own is not null);
        pidFd.Dispose();
        registry.Kill(process);
        nonChild.WaitUntilReaped();
        registry.Detach(process);
    }

    [TestMethod]
    public void TheDescriptorThatIsKept_IsCloseOnExec()
    {
        using Process self = Process.GetCurrentProcess();
        using SafePidFdHandle pidFd = PidFdOf(Environment.ProcessId);
        Assert.AreEqual(0, Fcntl(pidFd, SetDescriptorFlags, 0));

        // A collection during the call would free the numbers of other pidfds.
        ResourceCounts.PidFdBaseline();
        HashSet<string> before = [.. PidFds()];
        using Process process = _registry.Open(pidFd);
        string kept = PidFds().Except(before).Single();
        using SafePidFdHandle handle = new(int.Parse(Path.GetFileName(kept), System.Globalization.CultureInfo.InvariantCulture), ownsHandle: false);
        Assert.AreEqual(CloseOnExec, Fcntl(handle, GetDescriptorFlags, 0));
    }

    [TestMethod]
    public void APidFdThatDoesNotBlock_IsTaken()
    {
        using Process child = TestProcesses.StartSleeper();
        using SafePidFdHandle pidFd = PidFdOf(child.Id, NonBlockFlag);
        using Process process = _registry.Open(pidFd);
        Assert.IsFalse(_registry.WaitForExit(process, 1));
        _registry.Kill(process);
        Assert.AreEqual(137, _registry.WaitForExitStatus(process).ExitCode);
        child.WaitForExit();
    }

    [TestMethod]
    public void APidFdOfAThread_IsRefused()
    {
        nint fd = Libc.Syscall(SyscallNumbers.Current.PidFdOpen, Environment.ProcessId, ThreadFlag);
        if (fd < 0)
        {
            Assert.Inconclusive("PIDFD_THREAD takes Linux 6.9.");
        }

        using SafePidFdHandle pidFd = new(fd, ownsHandle: true);
        AssertRefused(pidFd, "thread");
    }

    [TestMethod]
    [DataRow("/dev/null", 0)]
    [DataRow("/proc/self", PathOnlyDirectory)]
    [DataRow("/proc/self/stat", 0)]
    public unsafe void ADescriptorThatIsNoPidFd_IsRefused(string path, int flags)
    {
        int fd;
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
        {
            fd = Libc.Open(name, flags, 0);
        }

        using SafePidFdHandle file = new(fd, ownsHandle: true);
        AssertRefused(file, "no pidfd");
    }

    [TestMethod]
    public void ANullInvalidOrClosedDescriptor_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentNullException>(() => _registry.Open((SafePidFdHandle)null!));
        using SafePidFdHandle invalid = new();
        AssertRefused(invalid, "invalid");
        SafePidFdHandle closed = PidFdOf(Environment.ProcessId);
        closed.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => _registry.Open(closed));
    }

    [TestMethod]
    public void APidFdWhoseProcessWasReaped_IsRefused()
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using SafePidFdHandle pidFd = PidFdOf(nonChild.Id);
        nonChild.KillAndWaitUntilReaped();
        AssertRefused(pidFd, "reaped");
    }

    [TestMethod]
    public void AProcessThatIsNotVisibleHere_IsRefused()
    {
        using SafePidFdHandle pidFd = PidFdOf(Environment.ProcessId);
        _pidFs.ChangeProcessId = _ => 0;
        AssertRefused(pidFd, "not visible in this PID namespace");
        _pidFs.OnGetProcessId = () => Errno.ESRCH;
        AssertRefused(pidFd, "not visible in this PID namespace");
        _pidFs.OnGetProcessId = () => Errno.ENOTTY;
        StringAssert.Contains(Assert.ThrowsExactly<PlatformNotSupportedException>(() => _registry.Open(pidFd)).Message, "PIDFD_GET_INFO");
    }

    [TestMethod]
    public void OutOfDescriptors_TheCallAndTheErrnoAreNamed_AndTheCallersDescriptorStaysOpen()
    {
        using MockedChild child = new();
        using SafePidFdHandle pidFd = PidFdOf(child.Process.Id);
        child.Kernel.Fail(KernelCall.Duplicate, Errno.EMFILE);
        Win32Exception e = Assert.ThrowsExactly<Win32Exception>(() => child.Registry.Open(pidFd));
        StringAssert.StartsWith(e.Message, "fcntl(F_DUPFD_CLOEXEC): EMFILE");
        Assert.AreEqual(CloseOnExec, Fcntl(pidFd, GetDescriptorFlags, 0));
    }

    [TestMethod]
    public void OnTheStockRoute_AProcessThatIsReapedDuringTheCall_IsRefused_AndNothingStaysOpen()
    {
        HookedPidFs pidFs = new();
        using ProcessHandleRegistry registry = pidFs.CreateRegistry(disabled: PidFdSupport.Unsupported("by the test"));
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using SafePidFdHandle pidFd = PidFdOf(nonChild.Id);
        int before = TestProcesses.OpenPidFds();
        int calls = 0;
        pidFs.OnGetProcessId = () =>
        {
            if (++calls == 2)
            {
                nonChild.KillAndWaitUntilReaped();
            }

            return null;
        };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => registry.Open(pidFd)).Message, "reaped");
        Assert.AreEqual(0, registry.Count);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    public void Dispose() => _registry.Dispose();

    private static SafePidFdHandle PidFdOf(int processId, nint flags = 0)
    {
        nint fd = Libc.Syscall(SyscallNumbers.Current.PidFdOpen, processId, flags);
        Assert.IsGreaterThanOrEqualTo(0, fd);
        return new SafePidFdHandle(fd, ownsHandle: true);
    }

    private static IEnumerable<string> PidFds() => Directory.GetFileSystemEntries("/proc/self/fd").Where(
        path => new FileInfo(path).LinkTarget is { } target && target.Contains("pidfd", StringComparison.Ordinal));

    private void AssertRefused(SafePidFdHandle pidFd, string reason)
    {
        int before = TestProcesses.OpenPidFds();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => _registry.Open(pidFd)).Message, reason);
        Assert.IsLessThanOrEqualTo(before, TestProcesses.OpenPidFds());
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Fcntl(SafePidFdHandle descriptor, int command, int argument);
}
