using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class StatusCases
{
    private const int Tries = 1000;

    private static readonly (string Script, string Text, int Code)[] s_endings =
    [
        ("exit 13", "exited 13", 13),
        ("kill -KILL $$", "killed by SIGKILL", 137),
    ];

    public static Case[] All { get; } =
    [
        new("status-exited", Needs.Nothing, ExitedAsync),
        new("status-from-waitid", Needs.PidFds, FromWaitIdAsync),
        new("status-from-pidfd", Needs.PidFds, FromPidFd),
        new("status-from-proc", Needs.PidFds | Needs.Proc, FromProc),
        new("status-from-runtime", Needs.Nothing, FromRuntime),
        new("status-of-a-crash", Needs.PidFds, CrashAsync),
    ];

    private static async Task ExitedAsync(ProcessHandleRegistry registry)
    {
        foreach (Func<ProcessHandleRegistry, Process, Task<PidFdExitStatus>> getStatus in WaitMethods.ForStatus)
        {
            foreach (int code in (int[])[0, 1, 137, 255])
            {
                using Process process = Shell.StartExitingOnCommand(code);
                registry.Attach(process);
                Task<PidFdExitStatus> exit = getStatus(registry, process);
                process.StandardInput.Close();
                PidFdExitStatus status = await exit;
                Check.Equal<int?>(code, status.ExitCode);

                // The status needs no reap, and ExitCode does.
                await registry.WaitForExitAsync(process);
                Check.Equal(code, process.ExitCode);
                Check.Equal(null, status.Signal);
                Check.That(!status.Canceled && !status.CoreDumped);

                // To the runtime, 137 may be a signal.
                Check.That(status.ToString() == $"exited {code}" || status.Source == ExitStatusSource.Runtime, status.ToString());
            }

            using Process killed = Shell.StartSleeper();
            registry.Kill(killed);
            PidFdExitStatus ofKill = await getStatus(registry, killed);
            Check.Equal<int?>(137, ofKill.ExitCode);
            Check.That(ofKill.Source == ExitStatusSource.Runtime || ofKill.ToString() == "killed by SIGKILL", ofKill.ToString());
        }
    }

    // The runtime reaps at the same time, and sometimes it is the first to look.
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
        FromPidFd(registry, "exit 7", "exited 7");
        FromPidFd(registry, "exit 137", "exited 137");
        FromPidFd(registry, "kill -TERM $$", "killed by SIGTERM");
    }

    private static void FromPidFd(ProcessHandleRegistry registry, string end, string expected)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped($"exec {Shell.Path} -c 'read line <&3; {end}'");
        using Process process = registry.Open(nonChild.Id);
        bool hasInfo = registry.TryGetPidFd(process, out SafePidFdHandle? pidFd) && Descriptors.HasPidFdInfo(pidFd);
        pidFd?.Dispose();
        nonChild.CloseInput();
        nonChild.WaitUntilReaped();
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
        Check.Equal(expected, status.ToString());

        // The attachment is released by now, and still the status is known.
        Check.Equal(expected, registry.WaitForExitStatus(process).ToString());
    }

    private static void FromProc(ProcessHandleRegistry registry)
    {
        foreach ((string script, string expected, int code) in s_endings)
        {
            using NonChildProcess nonChild = NonChildProcess.StartUnreaped($"exec {Shell.Path} -c 'read line <&3; {script}'");
            using Process process = registry.Open(nonChild.Id);
            nonChild.CloseInput();
            PidFdExitStatus status = registry.WaitForExitStatus(process);
            Check.Equal(ExitStatusSource.ProcStat, status.Source);
            Check.Equal(expected, status.ToString());
            Check.Equal<int?>(code, status.ExitCode);
            Check.Equal(null, status.ResourceUsage);
            Check.Equal<char?>('Z', ProcessTable.StateOf(nonChild.Id));
        }
    }

    private static void FromRuntime(ProcessHandleRegistry registry)
    {
        using ProcessHandleRegistry stock = ParityCases.StockRegistry();
        using Process process = Shell.StartExiting(14);
        PidFdExitStatus status = stock.WaitForExitStatus(process);
        Check.Equal(ExitStatusSource.Runtime, status.Source);
        Check.Equal<int?>(14, status.ExitCode);
        Check.Equal("exited 14", status.ToString());

        // The runtime folds the signal into the exit code. Which of the two it was is lost.
        using Process killed = Shell.StartSleeper();
        killed.Kill();
        status = stock.WaitForExitStatus(killed);
        Check.Equal("exited 137 or killed by SIGKILL", status.ToString());
        Check.Equal(null, status.Signal);
        Check.Equal(null, status.ResourceUsage);
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
                if (ProcessTable.Exists && !File.ReadAllText("/proc/sys/kernel/core_pattern").StartsWith('|'))
                {
                    // A pipe takes cores whatever the limit.
                    Check.That(!status.CoreDumped);
                    Check.Equal("killed by SIGSEGV", status.ToString());
                }

                return;
            }
        }

        throw new CheckException($"not once in {Tries} crashes was the signal told");
    }
}
