using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class StatusCases
{
    private const int Tries = 50;

    public static Case[] All { get; } =
    [
        new("status-exited", Needs.Nothing, Exited),
        new("status-from-waitid", Needs.PidFds, FromWaitIdAsync),
        new("status-from-pidfd", Needs.PidFds, FromPidFd),
        new("status-from-proc", Needs.PidFds | Needs.Proc, FromProc),
        new("status-from-runtime", Needs.Nothing, FromRuntime),
        new("status-of-a-crash", Needs.PidFds, CrashAsync),
    ];

    private static void Exited(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExiting(9);
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Check.Equal<int?>(9, status.ExitCode);
        Check.Equal(null, status.Signal);
        Check.That(!status.Canceled && !status.CoreDumped);
    }

    // The runtime reaps at the same time; now and then it is the first to look.
    private static async Task FromWaitIdAsync(ProcessHandleRegistry registry)
    {
        for (int i = 0; i < Tries; i++)
        {
            using Process process = Shell.StartExitingOnCommand(11);
            Task<PidFdExitStatus> exit = registry.WaitForExitStatusAsync(process);
            process.StandardInput.Close();
            PidFdExitStatus status = await exit.WaitAsync(Check.Limit);
            Check.Equal<int?>(11, status.ExitCode);
            if (status.Source == ExitStatusSource.WaitId)
            {
                Check.That(status.ResourceUsage is { PeakResidentBytes: > 0 });
                return;
            }
        }

        throw new CheckException($"not once in {Tries} exits did waitid tell");
    }

    private static void FromPidFd(ProcessHandleRegistry registry)
    {
        using NonChildProcess foreign = NonChildProcess.StartReaped();
        using Process process = registry.Open(foreign.Id);
        bool hasInfo = registry.TryGetPidFd(process, out SafePidFdHandle? pidFd) && Descriptors.HasPidFdInfo(pidFd);
        pidFd?.Dispose();
        foreign.KillAndWaitUntilReaped();
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        if (status.Source == ExitStatusSource.Unknown && Host.KernelVersion < new Version(6, 15))
        {
            throw new SkipException("the status of a reaped process takes Linux 6.15");
        }

        if (status.Source == ExitStatusSource.Unknown && !hasInfo)
        {
            throw new SkipException("ioctl PIDFD_GET_INFO is forbidden");
        }

        Check.Equal(ExitStatusSource.PidFdInfo, status.Source);
        Check.Equal(Signum.SIGKILL, status.Signal);
        Check.Equal<int?>(137, status.ExitCode);
    }

    private static void FromProc(ProcessHandleRegistry registry)
    {
        using NonChildProcess foreign = NonChildProcess.StartUnreaped("read line <&3; exit 13");
        using Process process = registry.Open(foreign.Id);
        foreign.CloseInput();
        PidFdExitStatus status = registry.WaitForExitStatus(process);
        Check.Equal(ExitStatusSource.ProcStat, status.Source);
        Check.Equal<int?>(13, status.ExitCode);
    }

    private static void FromRuntime(ProcessHandleRegistry registry)
    {
        using ProcessHandleRegistry stock = ParityCases.StockRegistry();
        using Process process = Shell.StartExiting(14);
        PidFdExitStatus status = stock.WaitForExitStatus(process);
        Check.Equal(ExitStatusSource.Runtime, status.Source);
        Check.Equal<int?>(14, status.ExitCode);
    }

    private static async Task CrashAsync(ProcessHandleRegistry registry)
    {
        for (int i = 0; i < Tries; i++)
        {
            using Process process = Shell.Start("ulimit -c 0; kill -SEGV $$");
            PidFdExitStatus status = await registry.WaitForExitStatusAsync(process).WaitAsync(Check.Limit);
            Check.Equal<int?>(139, status.ExitCode);
            if (status.Source != ExitStatusSource.Runtime)
            {
                Check.Equal(Signum.SIGSEGV, status.Signal);
                return;
            }
        }

        throw new CheckException($"not once in {Tries} crashes was the signal told");
    }
}
