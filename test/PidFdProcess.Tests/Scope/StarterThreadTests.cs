using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Scopes;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Scope;

/// <summary>The kill of a process whose start was interrupted. An exception of it would end the program.</summary>
[TestClass]
public sealed class StarterThreadTests
{
    [TestMethod]
    public void TheKillOfAProcessThatRefusesIt_ThrowsNothing()
    {
        OtherUser.Require();
        using Process process = TestProcesses.StartSleeper();
        try
        {
            OtherUser.Run(() =>
            {
                Assert.ThrowsExactly<Win32Exception>(process.Kill);
                StarterThread.TryKill(process);
            });
            Assert.IsFalse(process.HasExited);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    [TestMethod]
    public void TheKillOfAProcess_KillsIt()
    {
        using Process process = TestProcesses.StartSleeper();
        StarterThread.TryKill(process);
        Assert.IsTrue(process.WaitForExit(TimeSpan.FromSeconds(60)));
    }

    [TestMethod]
    public void TheKillOfAnObjectWithoutAProcess_ThrowsNothing()
    {
        using Process closed = new();
        StarterThread.TryKill(closed);
        StarterThread.TryKill(null);
    }
}
