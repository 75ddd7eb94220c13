using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class AttachCases
{
    public static Case[] All { get; } =
    [
        new("attach-child", Needs.PidFds, AttachChild),
        new("attach-exited", Needs.Nothing, AttachExited),
        new("attach-non-child", Needs.PidFds, AttachNonChild),
        new("attach-again-after-restart", Needs.PidFds, AttachAfterRestart),
        new("detach-during-wait", Needs.Nothing, DetachDuringWait),
        new("duplicate-pidfd", Needs.PidFds, DuplicatePidFd),
    ];

    private static void AttachChild(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        int before = Descriptors.Count();
        Check.That(!registry.TryGetAttachment(process, out _));
        ProcessAttachment attachment = registry.Attach(process);
        Check.Equal(ProcessRoute.PidFd, attachment.Route);
        Check.Equal("attached", attachment.Reason);
        Check.Equal(process.Id, attachment.ProcessId);
        Check.That(ReferenceEquals(attachment, registry.Attach(process)));
        Check.That(registry.TryGetAttachment(process, out ProcessAttachment? found) && ReferenceEquals(attachment, found));
        Check.Equal(1, registry.Count);
        Check.Equal(before + 1, Descriptors.Count());
        Check.That(registry.Detach(process));
        Check.That(!registry.Detach(process));
        Check.Equal(0, registry.Count);
        Check.Equal(before, Descriptors.Count());

        attachment = registry.Attach(process);
        registry.Kill(process);
        registry.WaitForExit(process, -1);

        // The exit was seen, and stock agrees, so a pidfd could answer nothing better.
        Check.Equal(ProcessRoute.Stock, attachment.Route);
        Check.Equal(before, Descriptors.Count());
    }

    private static void AttachExited(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExiting(3);
        process.WaitForExit();
        ProcessAttachment attachment = registry.Attach(process);
        Check.Equal(ProcessRoute.Stock, attachment.Route);
        Check.That(!registry.Support.IsSupported || attachment.Reason.Contains("exited", StringComparison.Ordinal), attachment.Reason);
        registry.Kill(process);
        Check.That(registry.HasExited(process));
        Check.Equal<int?>(3, registry.WaitForExitStatus(process).ExitCode);
        Check.Equal(3, process.ExitCode);
    }

    private static void AttachNonChild(ProcessHandleRegistry registry)
    {
        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        using Process process = registry.Open(nonChild.Id);
        Check.Equal(nonChild.Id, process.Id);
        Check.That(registry.TryGetAttachment(process, out ProcessAttachment? attachment));
        Check.Equal(ProcessRoute.PidFd, attachment!.Route);
        Check.Equal(nonChild.Id, attachment.ProcessId);
        using Process other = registry.Open(nonChild.Id);
        Check.That(!ReferenceEquals(process, other));
        Check.Equal(2, registry.Count);
        Check.That(!registry.HasExited(process));
        nonChild.KillAndWaitUntilReaped();
        Check.That(registry.HasExited(process));
        Check.Throws<ArgumentException>(() => registry.Open(nonChild.Id));
    }

    private static void AttachAfterRestart(ProcessHandleRegistry registry)
    {
        using Process process = new() { StartInfo = Shell.Info("exec sleep 1000") };
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

    // The caller's own, whatever becomes of the attachment, the exit and the object.
    private static void DuplicatePidFd(ProcessHandleRegistry registry)
    {
        using Process killer = Shell.StartSleeper();
        Process process = registry.Open(killer.Id);
        Check.That(registry.TryGetPidFd(process, out SafePidFdHandle? duplicate));
        using (duplicate)
        {
            registry.Detach(process);
            process.Dispose();
            Check.That(!IsReady(duplicate!));
            registry.Kill(killer);
            registry.WaitForExit(killer, -1);
            Check.That(IsReady(duplicate!));
        }
    }

    private static unsafe bool IsReady(SafePidFdHandle pidFd)
    {
        const short PollIn = 1;
        Native.PollFd poll = new((int)pidFd.DangerousGetHandle(), PollIn, 0);
        return Native.Poll(&poll, 1, milliseconds: 0) == 1 && (poll.Returned & PollIn) != 0;
    }
}
