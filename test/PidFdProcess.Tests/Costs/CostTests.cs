using System.Runtime.InteropServices;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Costs;

/// <summary>
/// The bytes that calls allocate, and the threads that pending waits take. If a figure changes without intent, that is a regression. Times depend on
/// the machine, so the benchmarks measure them.
/// </summary>
[TestClass]
public sealed class CostTests
{
    private const string Recorded = """
        signal: 0 B
        poll: 0 B
        timed wait: 0 B
        attach and detach: 144 B
        attach: 244 B
        pending wait: 184 B
        1000 pending waits: 1 thread

        """;

    [TestMethod]
    public async Task AllocationsAndThreads_OfEachCall_AreAsRecorded()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Assert.Inconclusive($"Recorded for x64, not for {RuntimeInformation.ProcessArchitecture}.");
        }

        ToolRun run = await DummyProgram.SucceedAsync(["measure-costs"], ("DOTNET_TieredCompilation", "0"));
        Assert.AreEqual(Recorded, run.Output);
    }
}
