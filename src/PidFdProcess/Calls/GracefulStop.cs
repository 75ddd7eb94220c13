using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

// Overview
//
// Constraints: a stop takes several steps that must mean one run. A process may survive SIGKILL for as long as it likes (state D, a frozen cgroup).
// A grandchild may hold the streams open, so a stop waits for the exit alone.
//
// Scheme: signal the pinned run, wait within the grace period, else kill it and wait within the time for that. A stop of a tree is one synchronous
// algorithm (TreeStop). Its asynchronous form has a thread of its own, because the pool may be starved.

/// <summary>Graceful stops of a pinned run, and kills on timeout.</summary>
internal static class GracefulStop
{
    /// <summary>Stops the process on the calling thread.</summary>
    public static PidFdExitStatus Stop(PinnedRun run, Process process, AttachmentTable runs, StopPlan plan)
    {
        if (plan.IsForTree)
        {
            return TreeCalls.Stop(run, process, runs, plan, CancellationToken.None);
        }

        foreach (TreeStopStep step in plan.Steps)
        {
            Signal(run, process, step.Signal);
            if (BlockingWait.WaitForExit(run, process, step.Milliseconds, WaitPromise.Exit))
            {
                return ExitStatusResolver.StatusOf(run, process);
            }
        }

        bool killed = RunSignal.Send(run, process, SignalNumbers.SigKill);
        if (!BlockingWait.WaitForExit(run, process, plan.KillMilliseconds, WaitPromise.Exit))
        {
            throw Survived(run, plan);
        }

        return AfterKill(run, process, killed);
    }

    /// <summary>Stops the process without blocking the caller.</summary>
    public static async Task<PidFdExitStatus> StopAsync(
        PinnedRun run, Process process, AttachmentTable runs, StopPlan plan, CancellationToken cancellationToken)
    {
        if (plan.IsForTree)
        {
            return await OwnThread.RunAsync(() => TreeCalls.Stop(run, process, runs, plan, cancellationToken)).ConfigureAwait(false);
        }

        foreach (TreeStopStep step in plan.Steps)
        {
            Signal(run, process, step.Signal);
            if (await WaitWithinAsync(run, process, step.Milliseconds, cancellationToken).ConfigureAwait(false))
            {
                return ExitStatusResolver.StatusOf(run, process);
            }
        }

        return await KillAsync(run, process, plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the exit, and kills when the token is cancelled.</summary>
    public static async Task<PidFdExitStatus> WaitOrKillAsync(
        PinnedRun run, Process process, AttachmentTable runs, bool entireProcessTree, CancellationToken cancellationToken)
    {
        try
        {
            await AsyncWait.WaitForExitAsync(run, process, WaitPromise.Exit, cancellationToken).ConfigureAwait(false);
            return ExitStatusResolver.StatusOf(run, process);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            StopPlan plan = new([], entireProcessTree ? ProcessStopScope.EntireTree : ProcessStopScope.Process, StopPlan.DefaultKillMilliseconds);
            return entireProcessTree
                ? await OwnThread.RunAsync(() => TreeCalls.Stop(run, process, runs, plan, CancellationToken.None)).ConfigureAwait(false)
                : await KillAsync(run, process, plan, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>A process that has survived SIGKILL for the time that the stop waits.</summary>
    public static TimeoutException Survived(in PinnedRun run, StopPlan plan) => new(
        $"Process {run.Attachment.ProcessId} has not exited {plan.KillMilliseconds} ms after SIGKILL. "
        + "It exits once what holds it in the kernel is over: a call in state D (see /proc/PID/wchan), a frozen cgroup, or a tracer.");

    private static async Task<PidFdExitStatus> KillAsync(PinnedRun run, Process process, StopPlan plan, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool killed = RunSignal.Send(run, process, SignalNumbers.SigKill);
        return await WaitWithinAsync(run, process, plan.KillMilliseconds, cancellationToken).ConfigureAwait(false)
            ? AfterKill(run, process, killed)
            : throw Survived(run, plan);
    }

    /// <summary>Sends the signal of a step, and SIGCONT after it.</summary>
    public static void Signal(in PinnedRun run, Process process, int signal)
    {
        if (signal != 0 && RunSignal.Send(run, process, signal) && signal != SignalNumbers.SigKill)
        {
            RunSignal.TrySend(run, process, SignalNumbers.SigCont);
        }
    }

    private static PidFdExitStatus AfterKill(in PinnedRun run, Process process, bool killed)
    {
        PidFdExitStatus status = ExitStatusResolver.StatusOf(run, process);
        return killed ? status.AfterKill() : status;
    }

    /// <summary>Waits for the exit; <see langword="false"/> if the time was over first.</summary>
    private static async Task<bool> WaitWithinAsync(PinnedRun run, Process process, int milliseconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task exit = AsyncWait.WaitForExitAsync(run, process, WaitPromise.Exit, limit.Token);
        limit.CancelAfter(milliseconds);
        await exit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (exit.IsCanceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }

        await exit.ConfigureAwait(false);
        return true;
    }
}
