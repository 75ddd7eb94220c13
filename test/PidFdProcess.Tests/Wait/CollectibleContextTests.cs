using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>The library in a plugin. The context of the plugin can be unloaded, and an idle event loop ends.</summary>
[TestClass]
public sealed class CollectibleContextTests
{
    [TestMethod]
    public async Task AContextThatUsedTheLibrary_IsUnloaded()
    {
        DummyAnswers answers = await DummyAnswers.OfAsync("collectible-context");
        string[] uses =
        [
            "no call", "HasExited", "Kill", "WaitForExitAsync", "a cancelled WaitForExitAsync",
            "a cancelled WaitForExitAsync of a process that goes on", "WaitForExitStatusAsync", "WhenAnyExitAsync of a process that goes on",
            "a scope", "a scope whose start has failed", "a scope that is empty at last",
        ];
        answers.Expect([.. uses.Select(static use => (use, "unloaded, 0 loops"))]);
    }

    [TestMethod]
    public async Task TheEventLoop_AfterSecondsWithNothingToWatch_Ends_AndStartsAgain()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        for (int i = 0; i < 2; i++)
        {
            TestProcesses.WaitUntil(() => ResourceCounts.EventLoopThreads() == 0, "the loops of earlier tests have ended");
            using System.Diagnostics.Process child = TestProcesses.StartSleeper();
            Task wait = registry.WaitForExitAsync(child);
            TestProcesses.WaitUntil(() => ResourceCounts.EventLoopThreads() > 0, "the loop has started");
            registry.Kill(child);
            await wait;
            TestProcesses.WaitUntil(() => ResourceCounts.EventLoopThreads() == 0, "the loop has ended");
        }
    }
}
