using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Handles;

[TestClass]
public sealed class EpollTests
{
    // No limit of descriptors is as high.
    private const int NoDescriptor = int.MaxValue;

    [TestMethod]
    public void APidFdThatWasRemoved_IsNotReported_ThoughADuplicateKeepsItOpen()
    {
        LinuxKernel kernel = LinuxKernel.Instance;
        Assert.AreEqual((Errno)0, kernel.EpollCreate(out SafeFileHandle epoll));
        using (epoll)
        using (NativeChild child = NativeChild.StartShell("exit 0"))
        using (SafePidFdHandle removed = child.OpenPidFd())
        using (SafePidFdHandle other = child.OpenPidFd())
        {
            child.WaitUntilZombie();
            Assert.AreEqual((Errno)0, kernel.Duplicate(removed, out SafePidFdHandle duplicate));
            using (duplicate)
            {
                Assert.AreEqual((Errno)0, kernel.EpollAdd(epoll, removed, token: 1));
                Assert.AreEqual((Errno)0, kernel.EpollAdd(epoll, other, token: 2));
                Assert.AreEqual((Errno)0, kernel.EpollRemove(epoll, removed));
                removed.Dispose();

                ulong[] tokens = new ulong[3];
                Assert.AreEqual((Errno)0, kernel.EpollWait(epoll, tokens, milliseconds: -1, out int count));
                CollectionAssert.AreEqual(new ulong[] { 2 }, tokens[..count]);
            }
        }
    }

    [TestMethod]
    public void APidFdThatIsAddedAgain_IsReportedWithTheLastToken()
    {
        LinuxKernel kernel = LinuxKernel.Instance;
        Assert.AreEqual((Errno)0, kernel.EpollCreate(out SafeFileHandle epoll));
        using (epoll)
        using (NativeChild child = NativeChild.StartShell("exit 0"))
        using (SafePidFdHandle pidFd = child.OpenPidFd())
        {
            child.WaitUntilZombie();
            Assert.AreEqual((Errno)0, kernel.EpollAdd(epoll, pidFd, token: 1));
            Assert.AreEqual((Errno)0, kernel.EpollAdd(epoll, pidFd, token: 2));

            ulong[] tokens = new ulong[3];
            Assert.AreEqual((Errno)0, kernel.EpollWait(epoll, tokens, milliseconds: -1, out int count));
            CollectionAssert.AreEqual(new ulong[] { 2 }, tokens[..count]);
        }
    }

    [TestMethod]
    public void Poll_OfAClosedDescriptor_IsNoExit()
    {
        using SafePidFdHandle closed = new(NoDescriptor, ownsHandle: false);
        Assert.AreEqual(Errno.EBADF, LinuxKernel.Instance.Poll(closed, 0, out bool exited));
        Assert.IsFalse(exited);

        bool[] any = [true];
        Assert.AreEqual(Errno.EBADF, LinuxKernel.Instance.PollAny([closed], 1, 0, any));
        Assert.IsFalse(any[0]);
    }
}
