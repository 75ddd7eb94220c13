using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Wait;

/// <summary>The event Exited of non-child processes. As in the stock wait, it is raised once when their parent has reaped.</summary>
[TestClass]
public sealed class NonChildEventTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ExitedIsRaisedOnce_WhenTheParentHasReaped(bool exitedBefore)
    {
        using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
        using Process process = ProcessHandleRegistry.Default.Open(nonChild.Id);
        int raised = 0;
        using ManualResetEventSlim wasRaised = new();
        process.Exited += (_, _) =>
        {
            Interlocked.Increment(ref raised);
            wasRaised.Set();
        };
        if (exitedBefore)
        {
            nonChild.KillAndWaitUntilZombie();
            await process.WaitForExitPidFdAsync().WaitAsync(s_limit);
        }
        else
        {
            Task wait = process.WaitForExitPidFdAsync();
            nonChild.Signal();
            await wait.WaitAsync(s_limit);
        }

        Assert.IsTrue(process.EnableRaisingEvents);
        Assert.AreEqual(0, Volatile.Read(ref raised));
        nonChild.Dispose();
        Assert.IsTrue(wasRaised.Wait(s_limit));
        await process.WaitForExitPidFdAsync().WaitAsync(s_limit);
        Assert.AreEqual(1, Volatile.Read(ref raised));
    }
}
