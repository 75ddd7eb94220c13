using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Runtime;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.ExitStatus;

/// <summary>
/// A known status stays known. One thread may see the exit and release the pidfd while another thread is about to use it. The next attachment of the
/// exited process may fail.
/// </summary>
[TestClass]
public sealed class KnownStatusTests
{
    [TestMethod]
    public void ASignalThatComesTooLate_LosesNoStatus()
    {
        PidFdExitStatus? seen = null;
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Attach(process);
        int id = process.Id;
        kernel.OnSignal = (_, signal) =>
        {
            if (signal == (int)Signum.SIGUSR1)
            {
                process.Kill();
                seen = registry.WaitForExitStatus(process);
                TestProcesses.WaitUntil(() => TestProcesses.StateOf(id) is null, "the child has been reaped");
            }

            return null;
        };

        Assert.IsFalse(registry.Signal(process, Signum.SIGUSR1));
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Assert.AreEqual(137, status.ExitCode);
        RequireMoreThanTheRuntimeKnows(seen!);
        Assert.AreEqual(seen!.Source, status.Source);
        Assert.AreEqual(Signum.SIGKILL, status.Signal);
    }

    /// <summary>EINVAL, or ENOENT on newer kernels, means that the PID is now the id of a thread of another process.</summary>
    [TestMethod]
    [DataRow(Errno.EINVAL)]
    [DataRow(Errno.ENOENT)]
    [DataRow(Errno.ESRCH)]
    [DataRow(Errno.EMFILE)]
    internal void AnAttachmentThatFails_LosesNoStatus(Errno error)
    {
        HookedKernel kernel = new();
        using ProcessHandleRegistry registry = TestRegistry.On(kernel.Platform);
        using Process process = TestProcesses.StartSleeper();
        registry.Kill(process);
        PidFdExitStatus seen = registry.WaitForExitStatus(process);
        RequireMoreThanTheRuntimeKnows(seen);

        // The status does not wait for the reap, and a zombie takes a signal.
        process.WaitForExit();
        kernel.OnOpen = _ => error;
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Assert.AreEqual(seen.Source, status.Source);
        Assert.AreEqual(Signum.SIGKILL, status.Signal);
        Assert.IsFalse(registry.Signal(process, Signum.SIGTERM));
    }

    [TestMethod]
    public void ARestartUnderTheSamePid_HasAStatusOfItsOwn()
    {
        RecycledPid.Require();
        using ProcessHandleRegistry registry = new();
        using Process process = new() { StartInfo = new ProcessStartInfo("/bin/sleep", ["1000"]) };
        process.Start();
        int id = process.Id;
        registry.Kill(process);
        Assert.AreEqual(137, registry.WaitForExitStatus(process).ExitCode);

        RecycledPid.StartAgain(process, id);
        Assert.AreEqual((Errno)0, UnixSignals.Kill(id, (int)Signum.SIGTERM));
        process.WaitForExit();
        Assert.AreEqual(143, registry.WaitForExitStatus(process).ExitCode);
    }

    private static void RequireMoreThanTheRuntimeKnows(PidFdExitStatus seen)
    {
        if (seen.Source == ExitStatusSource.Runtime)
        {
            Assert.Inconclusive("The runtime reaped first, and this kernel does not tell the status of a reaped process.");
        }
    }
}
