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
}
