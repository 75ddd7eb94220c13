using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

/// <summary>The public calls that signal. Each call pins the run that the object has, and acts on that run alone.</summary>
internal static class SignalCalls
{
    /// <summary>Sends SIGKILL. Calls the kernel in this method, because this is the hottest call.</summary>
    public static bool Kill(AttachmentTable runs, Process process)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        return run.Handle is { } handle
            ? RunSignal.Answer(
                handle.ProcessId,
                SignalNumbers.SigKill,
                ErrnoTable.PidFdSendSignal,
                handle.Kernel.PidFdSendSignal(handle.PidFd, SignalNumbers.SigKill))
            : RunSignal.SendByPid(run, SignalNumbers.SigKill);
    }

    public static void Kill(AttachmentTable runs, Process process, bool entireProcessTree)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        if (entireProcessTree)
        {
            TreeCalls.Kill(run);
        }
        else
        {
            RunSignal.Send(run, SignalNumbers.SigKill);
        }
    }

    public static void KillDescendants(AttachmentTable runs, Process process)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        TreeCalls.KillDescendants(run);
    }

    /// <summary>Sends a signal. Returns <see langword="false"/> if the process has exited.</summary>
    public static bool Send(AttachmentTable runs, Process process, PosixSignal signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        int number = UnixSignals.NumberOf(signal);
        using PinnedRun run = PinnedRun.Of(runs, process);
        return RunSignal.Send(run, number);
    }

    /// <summary>Sends a signal by its number on Linux. Returns <see langword="false"/> if the process has exited.</summary>
    public static bool SendRaw(AttachmentTable runs, Process process, int signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        UnixSignals.Check(signal, nameof(signal));
        using PinnedRun run = PinnedRun.Of(runs, process);
        return RunSignal.Send(run, signal);
    }

    public static bool SendToGroup(AttachmentTable runs, Process process, PosixSignal signal, bool includeOwnGroup) =>
        GroupSignal.Send(runs, process, signal, includeOwnGroup);

    public static PidFdExitStatus Stop(AttachmentTable runs, Process process, TimeSpan gracePeriod, PosixSignal signal, bool entireProcessTree) =>
        Stop(runs, process, StopPlan.OfSignal(gracePeriod, signal, entireProcessTree));

    public static PidFdExitStatus Stop(AttachmentTable runs, Process process, ProcessStopOptions options) =>
        Stop(runs, process, StopPlan.Of(options));

    public static PidFdExitStatus WaitOrKill(AttachmentTable runs, Process process, TimeSpan timeout, bool entireProcessTree) =>
        Stop(runs, process, StopPlan.OfTimeout(timeout, entireProcessTree));

    public static Task<PidFdExitStatus> StopAsync(
        AttachmentTable runs, Process process, TimeSpan gracePeriod, PosixSignal signal, bool entireProcessTree, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return StopAsync(runs, process, StopPlan.OfSignal(gracePeriod, signal, entireProcessTree), cancellationToken);
    }

    public static Task<PidFdExitStatus> StopAsync(
        AttachmentTable runs, Process process, ProcessStopOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return StopAsync(runs, process, StopPlan.Of(options), cancellationToken);
    }

    public static Task<PidFdExitStatus> WaitOrKillAsync(
        AttachmentTable runs, Process process, TimeSpan timeout, bool entireProcessTree, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return StopAsync(runs, process, StopPlan.OfTimeout(timeout, entireProcessTree), cancellationToken);
    }

    public static Task<PidFdExitStatus> WaitOrKillAsync(
        AttachmentTable runs, Process process, bool entireProcessTree, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WaitOrKillPinnedAsync(runs, process, entireProcessTree, cancellationToken);
    }

    private static PidFdExitStatus Stop(AttachmentTable runs, Process process, StopPlan plan)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        return GracefulStop.Stop(run, plan);
    }

    private static async Task<PidFdExitStatus> StopAsync(
        AttachmentTable runs, Process process, StopPlan plan, CancellationToken cancellationToken)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        return await GracefulStop.StopAsync(run, plan, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PidFdExitStatus> WaitOrKillPinnedAsync(
        AttachmentTable runs, Process process, bool entireProcessTree, CancellationToken cancellationToken)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        return await GracefulStop.WaitOrKillAsync(run, entireProcessTree, cancellationToken).ConfigureAwait(false);
    }
}
