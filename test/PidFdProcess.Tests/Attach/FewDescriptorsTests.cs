using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Attach;

/// <summary>The descriptors of a program belong to the program first.</summary>
[TestClass]
public sealed class FewDescriptorsTests
{
    [TestMethod]
    public async Task Attach_WithFewerDescriptorsThanChildren_LeavesRoomAndRunsToTheEnd()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("few-descriptors");
        answers.Expect(
            ("through pidfds", "True"), ("room for files", "True"), ("later", "PidFd"), ("all waits end", "True"), ("killed", "300"));
        Assert.Contains("RLIMIT_NOFILE", answers["without"]);
    }

    [TestMethod]
    public async Task WithFewDescriptorsLeft_TheProgramHasRoom_AndNoStrangerIsKilled()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("headroom");
        answers.InconclusiveIf("no recycled PID");
        answers.Expect(
            ("room during a stop", "True"),
            ("opened", "Stock"),
            ("a stranger is spared without room", "True"),
            ("a stranger is spared by a scope", "True"),
            ("a stranger is spared with room", "True"),
            ("killed without a descriptor", "40"),
            ("the meter's assembly is loaded", "False"));
    }
}
