using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Handles;

/// <summary>An epoll set with pidfds of a zombie, which it reports at once.</summary>
[TestClass]
public sealed class EpollTests : IDisposable
{
    private static readonly LinuxKernel s_kernel = LinuxKernel.Instance;

    private readonly NativeChild _child = NativeChild.StartShell("exit 0");
    private readonly SafeFileHandle _epoll;

    public EpollTests()
    {
        Assert.AreEqual((Errno)0, s_kernel.EpollCreate(out _epoll));
        _child.WaitUntilZombie();
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _child.Dispose();
    }

    [TestMethod]
    public void APidFdThatWasRemoved_IsNotReported_ThoughADuplicateKeepsItOpen()
    {
        using SafePidFdHandle removed = _child.OpenPidFd();
        using SafePidFdHandle other = _child.OpenPidFd();
        Assert.AreEqual((Errno)0, s_kernel.Duplicate(removed, out SafePidFdHandle duplicate));
        using (duplicate)
        {
            Assert.AreEqual((Errno)0, s_kernel.EpollAdd(_epoll, removed, token: 1));
            Assert.AreEqual((Errno)0, s_kernel.EpollAdd(_epoll, other, token: 2));
            Assert.AreEqual((Errno)0, s_kernel.EpollRemove(_epoll, removed));
            removed.Dispose();
            AssertReports(2);
        }
    }

    [TestMethod]
    public void APidFdThatIsAddedAgain_IsReportedWithTheLastToken()
    {
        using SafePidFdHandle pidFd = _child.OpenPidFd();
        Assert.AreEqual((Errno)0, s_kernel.EpollAdd(_epoll, pidFd, token: 1));
        Assert.AreEqual((Errno)0, s_kernel.EpollAdd(_epoll, pidFd, token: 2));
        AssertReports(2);
    }

    private void AssertReports(params ulong[] expected)
    {
        ulong[] tokens = new ulong[3];
        Assert.AreEqual((Errno)0, s_kernel.EpollWait(_epoll, tokens, milliseconds: -1, out int count));
        CollectionAssert.AreEqual(expected, tokens[..count]);
    }
}
