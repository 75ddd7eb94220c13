using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Wait;

/// <summary>A call raises Exited, and the handler closes the object. The call still answers about the exit.</summary>
[TestClass]
public sealed class ClosingHandlerTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly ProcessHandleRegistry _registry = new();
    private readonly Process _process = TestProcesses.StartSleeper();
    private int _raised;

    public ClosingHandlerTests() => _process.Exited += (_, _) =>
    {
        _raised++;
        _process.Dispose();
    };

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void HasExited_WhenTheHandlerClosesTheObject_IsTrue(bool attachedBefore, bool withEvents)
    {
        bool exited = AfterTheExit(attachedBefore, withEvents, () => _registry.HasExited(_process));
        Assert.IsTrue(exited);
        Assert.AreEqual(1, _raised);
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public async Task TheAsynchronousWait_WhenTheHandlerClosesTheObject_Ends(bool attachedBefore, bool withEvents)
    {
        Task wait = AfterTheExit(attachedBefore, withEvents, () => _registry.WaitForExitAsync(_process));
        await wait.WaitAsync(s_limit);
        Assert.AreEqual(1, _raised);
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void TheBlockingWait_WhenTheHandlerClosesTheObject_Ends(bool attachedBefore, bool withEvents) =>
        Assert.IsTrue(AfterTheExit(attachedBefore, withEvents, () => _registry.WaitForExit(_process, -1)));

    public void Dispose() => _registry.Dispose();

    private T AfterTheExit<T>(bool attachedBefore, bool withEvents, Func<T> call)
    {
        if (attachedBefore)
        {
            Assert.AreEqual(ProcessRoute.PidFd, _registry.Attach(_process).Route);
        }

        _process.EnableRaisingEvents = withEvents;
        int id = _process.Id;

        // The runtime raises Exited under this lock, so it comes too late.
        lock (_process)
        {
            Native.KillByPid(id);
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null, "the process is reaped");
            return call();
        }
    }
}
