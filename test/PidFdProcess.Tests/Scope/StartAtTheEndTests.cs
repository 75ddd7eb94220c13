using System.Diagnostics;
using PidFdProcess.Scopes;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;
using ThreadState = System.Threading.ThreadState;

namespace PidFdProcess.Tests.Scope;

/// <summary>Starts in a scope while the program ends.</summary>
[TestClass]
public sealed class StartAtTheEndTests
{
    [TestMethod]
    public void TheEndOfTheProgram_DuringTheFirstStartOfAScope_KillsTheProcess()
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        Assert.IsTrue(registry.Support.IsSupported);
        using ProcessScope scope = new(new ProcessScopeOptions { Registry = registry });
        int id = 0;
        Thread end = new(OpenScopes.KillAll);
        kernel.OnOpen = processId =>
        {
            // The process runs, and the scope does not own it yet.
            id = processId;
            kernel.OnOpen = null;
            end.Start();
            TestProcesses.WaitUntil(() => (end.ThreadState & (ThreadState.Stopped | ThreadState.WaitSleepJoin)) != 0, "the end waits, or is over");
            return null;
        };
        try
        {
            Assert.ThrowsExactly<ObjectDisposedException>(() => scope.Start(new ProcessStartInfo("/bin/sleep", ["1000"])));
            Assert.IsTrue(end.Join(Waiting.Limit));
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null or 'Z', "the process has ended");
        }
        finally
        {
            Native.KillByPid(id);
        }
    }
}
