using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class KillCases
{
    public static Case[] All { get; } =
    [
        new("kill-child", Needs.Nothing, KillChild),
        new("kill-non-child", Needs.Nothing, KillNonChild),
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

    private static void KillNonChild(ProcessHandleRegistry registry)
    {
        foreach (Func<int, Process> open in (Func<int, Process>[])[registry.Open, Process.GetProcessById])
        {
            using NonChildProcess nonChild = NonChildProcess.StartReaped();
            using Process process = open(nonChild.Id);
            registry.Kill(process);
            Check.That(registry.WaitForExit(process, 60_000));
            nonChild.WaitUntilReaped();
            registry.Kill(process);
        }
    }

    private static void KillExited(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExiting(4);
        registry.Attach(process);
        registry.WaitForExit(process, -1);
        registry.Kill(process);
        registry.Kill(process, entireProcessTree: true);
        Check.Equal(4, process.ExitCode);

        // The library has not seen this exit.
        using Process killed = Shell.StartSleeper();
        registry.Attach(killed);
        killed.Kill();
        killed.WaitForExit();
        registry.Kill(killed);
        registry.Kill(killed);
        Check.That(registry.HasExited(killed));
        Check.Equal(137, killed.ExitCode);
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
        using Process process = new() { StartInfo = Shell.Info("exec sleep 1000") };
        Check.That(process.StartWithPidFd());
        Check.That(ProcessHandleRegistry.Default.TryGetAttachment(process, out ProcessAttachment? attachment));
        Check.Equal(ProcessHandleRegistry.Default.Support.IsSupported ? ProcessRoute.PidFd : ProcessRoute.Stock, attachment!.Route);
        Check.That(!process.HasExitedPidFd());
        Task exit = process.WaitForExitPidFdAsync();
        process.KillViaPidFd();
        await exit.WaitAsync(Check.Limit);
        process.WaitForExitPidFd();
        Check.That(process.HasExitedPidFd());
        Check.Equal<int?>(137, process.WaitForExitStatusPidFd().ExitCode);
    }
}
