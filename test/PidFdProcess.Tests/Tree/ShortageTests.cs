using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Kills and stops of trees in a process that has few free descriptors, by a real limit.</summary>
[TestClass]
public sealed class ShortageTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("kill", "deep")]
    [DataRow("kill", "wide")]
    [DataRow("stop", "deep")]
    [DataRow("stop", "wide")]
    [DataRow("descendants", "wide")]
    public async Task With0To8FreeDescriptors_NoProcessSurvives(string call, string shape)
    {
        ToolRun run = await DummyProgram.SucceedAsync(["end-tree-without-descriptors", call, shape]);
        TestContext.WriteLine(run.Output);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        CollectionAssert.AreEqual(Enumerable.Range(0, 9).Select(static free => $"{free} free: returned, 0 left").ToArray(), lines);
    }
}
