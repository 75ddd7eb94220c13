using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>
/// Non-children that share a PID with a child. The runtime keeps the exit code of a child under its PID until all its Process objects are disposed.
/// The kernel of these tests does not tell how a reaped process ended, as before Linux 6.15.
/// </summary>
[TestClass]
public sealed class FormerChildTests : IDisposable
{
    private readonly ProcessHandleRegistry _registry = TestRegistry.On(new HookedKernel().WithoutInfo().Platform);

    // Starts a non-child for each line, and reaps it.
    private readonly PipedProcess _parent = new("echo ready; while read line; do sleep 1000 >/dev/null 2>&1 & echo $!; wait; done");

    public void Dispose()
    {
        _registry.Dispose();
        _parent.Kill(entireProcessTree: true);
        _parent.WaitForExit();
        _parent.Dispose();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheStatusOfAnOpenedNonChild_WithThePidOfAFormerChild_IsUnknown(bool waitsFirst)
    {
        using Process child = TestProcesses.StartExiting(3);
        child.WaitForExit();
        using Process stranger = RecycledPid.Start(child.Id, StartNonChild, static each => each.Kill());
        using Process opened = _registry.Open(child.Id);
        Assert.IsFalse(_registry.HasExited(opened));
        Native.KillByPid(child.Id);
        TestProcesses.WaitUntil(() => !Native.Kill(child.Id, 0), "the non-child is reaped");
        if (waitsFirst)
        {
            _registry.WaitForExit(opened, Timeout.Infinite);
        }

        Assert.AreEqual(ExitStatusSource.Unknown, _registry.WaitForExitStatus(opened).Source);
        Assert.AreEqual(3, child.ExitCode);
    }

    [TestMethod]
    public void TheStatusOfAFetchedNonChild_WhosePidALaterChildHas_IsUnknown()
    {
        RecycledPid.Require();
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process fetched = Process.GetProcessById(nonChild.Id);
        Assert.AreEqual(ProcessRoute.PidFd, _registry.Attach(fetched).Route);
        nonChild.KillAndWaitUntilReaped();
        using Process child = RecycledPid.Start(nonChild.Id, static () => TestProcesses.StartExiting(3), static each =>
        {
            each.WaitForExit();
            each.Dispose();
        });
        child.WaitForExit();

        // The stock members of the object are asked about the exit, and answer for the child.
        _registry.WaitForExit(fetched, Timeout.Infinite);
        Assert.AreEqual(ExitStatusSource.Unknown, _registry.WaitForExitStatus(fetched).Source);
    }

    private Process StartNonChild()
    {
        _parent.StandardInput.WriteLine();
        return Process.GetProcessById(int.Parse(_parent.ReadLine(), CultureInfo.InvariantCulture));
    }
}
