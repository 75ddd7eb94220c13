using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed class SafePidFdHandleTests
{
    private const int DuplicateCloseOnExec = 1030;
    private const uint CloseOnExec = 1;

    private readonly string _name = "pidfd-test-" + Guid.NewGuid().ToString("N");

    [TestMethod]
    public void Zero_IsValid()
    {
        using SafePidFdHandle handle = new(0, ownsHandle: false);
        Assert.IsFalse(handle.IsInvalid);
    }

    [TestMethod]
    public void MinusOne_IsInvalid()
    {
        using SafePidFdHandle handle = new(-1, ownsHandle: true);
        Assert.IsTrue(handle.IsInvalid);
        using SafePidFdHandle initial = new();
        Assert.IsTrue(initial.IsInvalid);
        Assert.AreEqual(-1, initial.DangerousGetHandle());
    }

    [TestMethod]
    public void ClosingTwice_LeavesAReusedNumberAlone()
    {
        int kept = OpenFile();
        int number = OpenFile();
        SafePidFdHandle handle = new(number, ownsHandle: true);
        handle.Dispose();
        Assert.IsFalse(IsOurs(number));

        int reused = Native.Fcntl(kept, DuplicateCloseOnExec, number);
        try
        {
            if (reused != number)
            {
                Assert.Inconclusive("Another thread was faster to reuse the number.");
            }

            handle.Dispose();
            handle.Close();
            Assert.IsTrue(IsOurs(number), "The number belongs to another file now.");
        }
        finally
        {
            Assert.AreEqual(0, Native.Close(reused));
            Assert.AreEqual(0, Native.Close(kept));
        }
    }

    [TestMethod]
    public void TheDescriptor_StaysOpenAsLongAsACallHoldsIt()
    {
        int number = OpenFile();
        SafePidFdHandle handle = new(number, ownsHandle: true);
        using (new PidFdHold(handle))
        {
            handle.Dispose();
            Assert.IsTrue(IsOurs(number));
        }

        Assert.IsFalse(IsOurs(number));
        Assert.ThrowsExactly<ObjectDisposedException>(() => new PidFdHold(handle).Dispose());
    }

    [TestMethod]
    public void ADescriptorOfOtherCode_StaysOpen()
    {
        int number = OpenFile();
        new SafePidFdHandle(number, ownsHandle: false).Dispose();
        Assert.IsTrue(IsOurs(number));
        Assert.AreEqual(0, Native.Close(number));
    }

    [TestMethod]
    public void NoPidFd_IsInheritedByAChild()
    {
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.PidFdOpen(Environment.ProcessId, out SafePidFdHandle opened));
        Assert.AreEqual((Errno)0, LinuxKernel.Instance.Duplicate(opened, out SafePidFdHandle duplicate));
        using (opened)
        using (duplicate)
        {
            int open = TestProcesses.OpenPidFds();
            Assert.IsGreaterThanOrEqualTo(2, open);
            using Process child = TestProcesses.StartShell("exit $(ls -l /proc/self/fd | grep -c pidfd)");
            child.WaitForExit();
            Assert.AreEqual(0, child.ExitCode, "The exit code is the number of pidfds.");
        }
    }

    /// <summary>Opens a file with a unique name. If another thread reuses the number, its file has another name.</summary>
    private int OpenFile()
    {
        int number = Native.CreateMemoryFile(_name, CloseOnExec);
        Assert.AreNotEqual(-1, number);
        return number;
    }

    private bool IsOurs(int number) =>
        new FileInfo($"/proc/self/fd/{number}").LinkTarget?.Contains(_name, StringComparison.Ordinal) ?? false;
}
