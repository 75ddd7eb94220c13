using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>One thread sees the exit, and lets go of the pidfd, while another is on its way to use it: the status stays known.</summary>
[TestClass]
public sealed class StatusAfterRaceTests
{
    [TestMethod]
    public void ASignalThatComesTooLate_LosesNoStatus()
    {
        PidFdExitStatus? seen = null;
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = new(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        kernel.OnSignal = (_, signal) =>
        {
            if (signal == (int)Signum.SIGUSR1)
            {
                process.Kill();
                seen = registry.WaitForExitStatus(process);
            }

            return null;
        };

        Assert.IsFalse(registry.Signal(process, Signum.SIGUSR1));
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Assert.AreEqual(137, status.ExitCode);
        if (seen!.Source == ExitStatusSource.Runtime)
        {
            Assert.Inconclusive("The runtime reaped first, and this kernel does not tell the status of a reaped process.");
        }

        Assert.AreEqual(seen.Source, status.Source);
        Assert.AreEqual(Signum.SIGKILL, status.Signal);
    }
}
