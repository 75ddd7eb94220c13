using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class SignalCases
{
    private const int RealTimeSignal = 40;

    public static Case[] All { get; } =
    [
        new("signal-term", Needs.Nothing, Terminate),
        new("signal-handled", Needs.Nothing, Handled),
        new("signal-stop-and-continue", Needs.Nothing, StopAndContinue),
        new("signal-real-time", Needs.Nothing, RealTime),
        new("signal-exited", Needs.Nothing, SignalExited),
        new("signal-not-permitted", Needs.Nothing, NotPermitted),
    ];

    private static void Terminate(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        Check.That(registry.Signal(process, PosixSignal.SIGTERM));
        Check.Equal<int?>(143, registry.WaitForExitStatus(process).ExitCode);
    }

    private static void Handled(ProcessHandleRegistry registry)
    {
        using PipedProcess process = new("trap 'exit 21' USR1; echo ready; while :; do sleep 0.05; done");
        Check.That(registry.Signal(process, Signum.SIGUSR1));
        Check.Equal<int?>(21, registry.WaitForExitStatus(process).ExitCode);
    }

    private static void StopAndContinue(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(22);
        Check.That(registry.Signal(process, Signum.SIGSTOP));
        Check.Eventually(() => !ProcessTable.Exists || ProcessTable.StateOf(process.Id) == 'T');
        process.StandardInput.Close();
        Check.That(!registry.WaitForExit(process, ProcessTable.Exists ? 20 : 0));
        Check.That(registry.Signal(process, PosixSignal.SIGCONT));
        Check.Equal<int?>(22, registry.WaitForExitStatus(process).ExitCode);
    }

    private static void RealTime(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        Check.That(registry.Signal(process, (Signum)RealTimeSignal));
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Check.Equal<int?>(128 + RealTimeSignal, status.ExitCode);
        Check.That(status.Source == ExitStatusSource.Runtime || status.ToString() == "killed by signal 40", status.ToString());
        Check.Throws<ArgumentOutOfRangeException>(() => registry.Signal(process, (Signum)65));
    }

    private static void SignalExited(ProcessHandleRegistry registry)
    {
        using Process before = Shell.StartExiting(0);
        before.WaitForExit();
        Check.That(!registry.Signal(before, PosixSignal.SIGTERM), "exited before it was attached");

        using Process process = Shell.StartExiting(0);
        registry.WaitForExit(process, -1);
        Check.That(!registry.Signal(process, PosixSignal.SIGTERM));
        Check.That(!registry.Signal(process, Signum.SIGKILL));

        using Process after = Shell.StartSleeper();
        Check.That(registry.Signal(after, (Signum)0));
        Check.That(registry.Signal(after, Signum.SIGKILL));
        after.WaitForExit();
        Check.That(!registry.Signal(after, Signum.SIGKILL), "exited after it was attached");
        Check.That(!registry.Signal(after, (Signum)0));
    }

    private static void NotPermitted(ProcessHandleRegistry registry)
    {
        if (Native.UserId() == 0)
        {
            throw new SkipException("root may signal every process");
        }

        using Process init = registry.Open(1);
        Check.Throws<Win32Exception>(() => registry.Kill(init));
        Check.Throws<Win32Exception>(() => registry.Signal(init, PosixSignal.SIGTERM));
        Check.That(!registry.HasExited(init));
    }
}
