using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class AttachCases
{
    public static Case[] All { get; } =
    [
        new("attach-child", Needs.PidFds, AttachChild),
        new("attach-exited", Needs.Nothing, AttachExited),
        new("attach-foreign", Needs.PidFds, AttachForeign),
        new("attach-again-after-restart", Needs.PidFds, AttachAfterRestart),
        new("detach-during-wait", Needs.Nothing, DetachDuringWait),
        new("duplicate-pidfd", Needs.PidFds, DuplicatePidFd),
    ];

    private static void AttachChild(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        int before = Descriptors.Count();
        ProcessAttachment attachment = registry.Attach(process);
        Check.Equal(ProcessRoute.PidFd, attachment.Route);
        Check.Equal(process.Id, attachment.ProcessId);
        Check.That(ReferenceEquals(attachment, registry.Attach(process)));
        Check.Equal(before + 1, Descriptors.Count());
        registry.Kill(process);
        registry.WaitForExit(process, -1);

        // The exit was seen, and stock agrees: nothing is left that a pidfd could answer better.
        Check.Equal(ProcessRoute.Stock, attachment.Route);
        Check.Equal(before, Descriptors.Count());
    }

    private static void AttachExited(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExiting(3);
        process.WaitForExit();
        ProcessAttachment attachment = registry.Attach(process);
        Check.Equal(ProcessRoute.Stock, attachment.Route);
        Check.That(registry.HasExited(process));
        Check.Equal<int?>(3, registry.WaitForExitStatus(process).ExitCode);
    }

    private static void AttachForeign(ProcessHandleRegistry registry)
    {
        using NonChildProcess foreign = NonChildProcess.StartReaped();
        using Process process = registry.Open(foreign.Id);
        Check.That(registry.TryGetAttachment(process, out ProcessAttachment? attachment) && attachment.Route == ProcessRoute.PidFd);
        Check.That(!registry.HasExited(process));
        foreign.KillAndWaitUntilReaped();
        Check.That(registry.HasExited(process));
        Check.Throws<ArgumentException>(() => registry.Open(foreign.Id));
    }

    private static void AttachAfterRestart(ProcessHandleRegistry registry)
    {
        using Process process = new() { StartInfo = new ProcessStartInfo(Shell.Path, ["-c", "exec sleep 1000"]) };
        process.Start();
        ProcessAttachment first = registry.Attach(process);
        registry.Kill(process);
        registry.WaitForExit(process, -1);
        process.Close();
        process.Start();
        ProcessAttachment second = registry.Attach(process);
        Check.That(!ReferenceEquals(first, second));
        Check.That(!registry.HasExited(process));
        registry.Kill(process);
        Check.Equal<int?>(137, registry.WaitForExitStatus(process).ExitCode);
    }

    private static async Task DetachDuringWait(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        Task exit = registry.WaitForExitAsync(process);
        Check.That(registry.Detach(process));
        Check.Equal(0, registry.Count);
        process.Kill();
        await exit.WaitAsync(Check.Limit);
    }

    private static void DuplicatePidFd(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        Check.That(registry.TryGetPidFd(process, out SafePidFdHandle? duplicate));
        using (duplicate)
        {
            registry.Kill(process);
            registry.WaitForExit(process, -1);
            Check.That(!duplicate!.IsClosed);
        }
    }
}
