using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class KillCases
{
    public static Case[] All { get; } =
    [
        new("kill-child", Needs.Nothing, KillChild),
        new("kill-foreign", Needs.Nothing, KillForeign),
        new("kill-exited", Needs.Nothing, KillExited),
        new("kill-unstarted", Needs.Nothing, KillUnstarted),
        new("extension-methods", Needs.Nothing, ExtensionMethods),
    ];

    private static void KillChild(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        registry.Kill(process);
        Check.That(registry.WaitForExit(process, 60_000));
        Check.Equal(137, process.ExitCode);
    }

    private static void KillForeign(ProcessHandleRegistry registry)
    {
        using NonChildProcess foreign = NonChildProcess.StartReaped();
        using Process process = registry.Open(foreign.Id);
        registry.Kill(process);
        Check.That(registry.WaitForExit(process, 60_000));
        Check.Eventually(() => !Native.Kill(foreign.Id, 0));
    }

    private static void KillExited(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExiting(4);
        registry.Attach(process);
        registry.WaitForExit(process, -1);
        registry.Kill(process);
        registry.Kill(process, entireProcessTree: true);
        Check.Equal(4, process.ExitCode);
    }

    private static void KillUnstarted(ProcessHandleRegistry registry)
    {
        using Process process = new();
        Check.Throws<InvalidOperationException>(() => registry.Kill(process));
        Check.Throws<InvalidOperationException>(() => registry.WaitForExit(process, 0));
        Check.Throws<InvalidOperationException>(() => registry.Attach(process));
    }

    private static async Task ExtensionMethods(ProcessHandleRegistry registry)
    {
        using Process process = new() { StartInfo = new ProcessStartInfo(Shell.Path, ["-c", "exec sleep 1000"]) };
        Check.That(process.StartWithPidFd());
        Check.That(!process.HasExitedPidFd());
        Task exit = process.WaitForExitPidFdAsync();
        process.KillViaPidFd();
        await exit.WaitAsync(Check.Limit);
        process.WaitForExitPidFd();
        Check.That(process.HasExitedPidFd());
        Check.Equal<int?>(137, process.WaitForExitStatusPidFd().ExitCode);
    }
}
