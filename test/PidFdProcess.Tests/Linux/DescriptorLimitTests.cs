using PidFdProcess.Linux;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Linux;

[TestClass]
public sealed unsafe class DescriptorLimitTests
{
    private const int Descriptor = 200;

    [TestMethod]
    public void ALimitThatWasLowered_IsNoticed()
    {
        Native.Limits limits = new();
        Assert.AreEqual(0, Native.GetLimit(Native.DescriptorLimit, &limits));
        if (limits.Soft < 1024)
        {
            Assert.Inconclusive($"The limit of this program is {limits.Soft}.");
        }

        Assert.IsTrue(DescriptorLimit.LeavesHeadroom(1024 / 2));
        Assert.IsTrue(DescriptorLimit.LeavesHeadroom(Descriptor));
        Native.Limits low = limits with { Soft = 256 };
        Assert.AreEqual(0, Native.SetLimit(Native.DescriptorLimit, &low));
        try
        {
            Assert.IsFalse(DescriptorLimit.LeavesHeadroom(Descriptor));
        }
        finally
        {
            _ = Native.SetLimit(Native.DescriptorLimit, &limits);
        }

        Assert.IsTrue(DescriptorLimit.LeavesHeadroom(Descriptor));
    }
}
