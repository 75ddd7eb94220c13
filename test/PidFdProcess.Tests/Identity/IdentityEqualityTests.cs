namespace PidFdProcess.Tests.Identity;

[TestClass]
public sealed class IdentityEqualityTests
{
    private static readonly Guid s_boot = Guid.Parse("9f2c0e5e-6c40-4c2b-9a3f-1d0d6a3b7a10");
    private static readonly Guid s_otherBoot = Guid.Parse("00000000-0000-0000-0000-000000000001");

    [TestMethod]
    public void SamePidFsIdAndBoot_AreOneProcess_WhateverThePid()
    {
        AssertEqual(new(4711, 408701, 8123456, s_boot), new(4711, 408701, null, s_boot));
        AssertEqual(new(4711, 408701, 8123456, s_boot), new(12, 408701, 8123456, s_boot));
    }

    [TestMethod]
    public void OtherPidFsIds_AreOtherProcesses_WhateverThePid() =>
        AssertDifferent(new(4711, 408701, 8123456, s_boot), new(4711, 408702, 8123456, s_boot));

    [TestMethod]
    public void IfOneIdentityHasNoPidFsId_PidAndTicksDecide()
    {
        AssertEqual(new(4711, 408701, 8123456, s_boot), new(4711, null, 8123456, s_boot));
        AssertEqual(new(4711, null, 8123456, s_boot), new(4711, null, 8123456, s_boot));
        AssertDifferent(new(4711, null, 8123456, s_boot), new(4712, null, 8123456, s_boot));
        AssertDifferent(new(4711, null, 8123456, s_boot), new(4711, null, 8123457, s_boot));
        AssertDifferent(new(4711, 408701, null, s_boot), new(4711, null, 8123456, s_boot));
    }

    [TestMethod]
    public void IdentitiesOfOneProcess_ThatShareNoPart_AreDifferent()
    {
        ProcessIdentity whole = new(4711, 408701, 8123456, s_boot);
        ProcessIdentity byId = new(4711, 408701, null, s_boot);
        ProcessIdentity byTicks = new(4711, null, 8123456, s_boot);

        AssertEqual(whole, byId);
        AssertEqual(whole, byTicks);
        AssertDifferent(byId, byTicks);
    }

    [TestMethod]
    public void OtherBoots_AreOtherProcesses()
    {
        AssertDifferent(new(4711, 408701, 8123456, s_boot), new(4711, 408701, 8123456, s_otherBoot));
        AssertDifferent(new(4711, null, 8123456, s_boot), new(4711, null, 8123456, s_otherBoot));
        AssertDifferent(new(4711, 408701, null, s_boot), new(4711, 408701, null, null));
        AssertEqual(new(4711, 408701, null, null), new(4711, 408701, null, null));
    }

    private static void AssertEqual(ProcessIdentity left, ProcessIdentity right)
    {
        Assert.IsTrue(left == right && right == left && left.Equals((object)right) && !(left != right));
        Assert.AreEqual(left.GetHashCode(), right.GetHashCode());
    }

    private static void AssertDifferent(ProcessIdentity left, ProcessIdentity right) =>
        Assert.IsTrue(left != right && right != left && !left.Equals((object)right));
}
