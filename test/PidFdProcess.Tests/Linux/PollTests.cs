using PidFdProcess.Linux;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed class PollTests
{
    // No limit of descriptors is as high.
    private const int NoDescriptor = int.MaxValue;

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
