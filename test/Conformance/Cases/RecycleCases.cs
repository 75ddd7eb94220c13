using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class RecycleCases
{
    private const string LastPid = "/proc/sys/kernel/ns_last_pid";
    private const int Tries = 2000;

    public static Case[] All { get; } = [new("recycled-pid", Needs.PidFds | Needs.Proc, KillNobodyElse)];

    private static void KillNobodyElse(ProcessHandleRegistry registry)
    {
        RequireWritable();
        using NonChildProcess foreign = NonChildProcess.StartReaped();
        using Process process = registry.Open(foreign.Id);
        foreign.KillAndWaitUntilReaped();
        using Process innocent = StartAs(foreign.Id);
        registry.Kill(process);
        Check.That(!registry.Signal(process, PosixSignal.SIGTERM));
        registry.Kill(process, entireProcessTree: true);
        Check.That(registry.HasExited(process));
        Check.That(registry.WaitForExit(process, -1));

        // Stock takes the innocent one for the process; it lives.
        Check.That(!innocent.WaitForExit(20));
        innocent.Kill();
        innocent.WaitForExit();
    }

    private static Process StartAs(int processId)
    {
        for (int i = 0; i < Tries; i++)
        {
            File.WriteAllText(LastPid, (processId - 1).ToString(CultureInfo.InvariantCulture));
            Process process = Shell.StartSleeper();
            if (process.Id == processId)
            {
                return process;
            }

            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        throw new CheckException($"no process got PID {processId} in {Tries} tries");
    }

    private static void RequireWritable()
    {
        try
        {
            // The value is that of the last PID or near it: nothing changes for anybody.
            File.WriteAllText(LastPid, File.ReadAllText(LastPid));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SkipException($"{LastPid} is not writable");
        }
    }
}
