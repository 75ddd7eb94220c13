using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Tree;

/// <summary>Kills and stops of trees in a process that has few free descriptors, by a real limit.</summary>
[TestClass]
public sealed class ShortageTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("kill", "deep", "attached")]
    [DataRow("kill", "wide", "attached")]
    [DataRow("kill", "deep", "not attached")]
    [DataRow("kill", "wide", "not attached")]
    [DataRow("stop", "deep", "attached")]
    [DataRow("stop", "wide", "attached")]
    [DataRow("stop", "wide", "not attached")]
    [DataRow("descendants", "wide", "attached")]
    [DataRow("descendants", "wide", "not attached")]
    public async Task With0To8FreeDescriptors_NoProcessSurvives(string call, string shape, string attached)
    {
        ToolRun run = await DummyProgram.SucceedAsync(["end-tree-without-descriptors", call, shape, attached]);
        TestContext.WriteLine(run.Output);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        CollectionAssert.AreEqual(Enumerable.Range(0, 9).Select(static free => $"{free} free: returned, 0 left").ToArray(), lines);
    }
}
