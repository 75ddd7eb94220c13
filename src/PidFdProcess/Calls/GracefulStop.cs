using System.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

// Overview
//
// Asks a process to end, and kills it if it does not end in time.
//
// Constraints: A stop takes several steps, which must all act on one run. A process may survive SIGKILL without a limit (state D, a frozen cgroup). A
// grandchild may keep the streams open, so a stop waits only for the exit.
//
// Scheme: Signal the pinned run and wait within the grace period. If it has not exited then, kill it and wait within the time after the kill. A stop
// of a tree is one synchronous algorithm (TreeStop). Its asynchronous form has a thread of its own, because the thread pool may be starved.

/// <summary>Stops pinned runs gracefully, and kills them on timeout.</summary>
internal static class GracefulStop
{
    // A blocking wait looks at its token this often.
    private const int LongestSlice = 50;

    /// <summary>Stops the process on the calling thread.</summary>
    public static PidFdExitStatus Stop(in PinnedRun run, StopPlan plan) => plan.IsForTree
        ? TreeCalls.Stop(run, plan, CancellationToken.None)
        : StopProcess(run, plan, CancellationToken.None);

    /// <summary>Stops the process alone on the calling thread, whatever the scope of the plan is.</summary>
    /// <param name="run">The run.</param>
    /// <param name="plan">The steps and the time after the kill.</param>
    /// <param name="cancellationToken">Ends the stop. After that no signal is sent.</param>
    /// <param name="killsTreeByRuntime">Whether the last step is the tree kill of the runtime.</param>
    public static PidFdExitStatus StopProcess(
        in PinnedRun run, StopPlan plan, CancellationToken cancellationToken, bool killsTreeByRuntime = false)
    {
        bool killed = false;
        foreach (TreeStopStep step in plan.Steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            killed |= Signal(run, step.Signal);
            if (WaitForExit(run, step.Milliseconds, cancellationToken))
            {
                return StatusAfter(run, killed);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (killsTreeByRuntime && !run.HasLostId())
        {
            StockCalls.KillTree(run.Process);
            killed = true;
        }
        else
        {
            killed |= RunSignal.Send(run, SignalNumbers.SigKill);
        }

        if (!WaitForExit(run, plan.KillMilliseconds, cancellationToken))
        {
            throw Survived(run, plan);
        }

        return StatusAfter(run, killed);
    }

    /// <summary>Stops the process without blocking the caller.</summary>
    public static async Task<PidFdExitStatus> StopAsync(PinnedRun run, StopPlan plan, CancellationToken cancellationToken)
    {
        if (plan.IsForTree)
        {
            return await StopTreeAsync(run, plan, cancellationToken).ConfigureAwait(false);
        }

        bool killed = false;
        foreach (TreeStopStep step in plan.Steps)
        {
            (bool isKilled, bool hasExited) = await SignalAndWaitAsync(run, step.Signal, step.Milliseconds, cancellationToken).ConfigureAwait(false);
            killed |= isKilled;
            if (hasExited)
            {
                return StatusAfter(run, killed);
            }
        }

        return await KillAsync(run, plan, killed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the exit, and kills the process when the token is cancelled.</summary>
    public static async Task<PidFdExitStatus> WaitOrKillAsync(PinnedRun run, bool entireProcessTree, CancellationToken cancellationToken)
    {
        try
        {
            await AsyncWait.WaitForExitAsync(run, WaitPromise.Exit, cancellationToken).ConfigureAwait(false);
            return ExitStatusResolver.StatusOf(run);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            StopPlan plan = new([], entireProcessTree ? ProcessStopScope.EntireTree : ProcessStopScope.Process, StopPlan.DefaultKillMilliseconds);
            return entireProcessTree
                ? await StopTreeAsync(run, plan, CancellationToken.None).ConfigureAwait(false)
                : await KillAsync(run, plan, killed: false, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the exception for a process that has survived SIGKILL for the time of the plan.</summary>
    public static TimeoutException Survived(in PinnedRun run, StopPlan plan) => new(
        $"Process {run.Attachment.ProcessId} has not exited {plan.KillMilliseconds} ms after SIGKILL. "
        + $"It may be in state D (see /proc/{run.Attachment.ProcessId}/wchan), in a frozen cgroup, or held by a tracer.");

    /// <summary>Blocks until the exit, the end of the time or the cancellation.</summary>
    public static bool WaitForExit(in PinnedRun run, int milliseconds, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return ExitOnlyWait.WaitForExit(run, milliseconds);
        }

        long start = Stopwatch.GetTimestamp();
        for (;;)
        {
            int left = TimeLimit.Left(milliseconds, start);
            if (ExitOnlyWait.WaitForExit(run, left < 0 ? LongestSlice : Math.Min(left, LongestSlice)))
            {
                return true;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (left == 0)
            {
                return false;
            }
        }
    }

    private static Task<PidFdExitStatus> StopTreeAsync(PinnedRun run, StopPlan plan, CancellationToken cancellationToken)
    {
        OwnThread<PidFdExitStatus> stop = new(() => TreeCalls.Stop(run, plan, cancellationToken));
        stop.Start();
        return stop.Result;
    }

    private static async Task<PidFdExitStatus> KillAsync(PinnedRun run, StopPlan plan, bool killed, CancellationToken cancellationToken)
    {
        (bool isKilled, bool hasExited) =
            await SignalAndWaitAsync(run, SignalNumbers.SigKill, plan.KillMilliseconds, cancellationToken).ConfigureAwait(false);
        return hasExited ? StatusAfter(run, killed || isKilled) : throw Survived(run, plan);
    }

    /// <summary>Sends the signal of a step, and SIGCONT after it. Signal 0 is not sent.</summary>
    /// <returns>Whether the process took a SIGKILL.</returns>
    public static bool Signal(in PinnedRun run, int signal)
    {
        bool isSent = signal != 0 && RunSignal.Send(run, signal);
        if (isSent && signal != SignalNumbers.SigKill)
        {
            RunSignal.TrySend(run, SignalNumbers.SigCont);
        }

        return isSent && signal == SignalNumbers.SigKill;
    }

    private static PidFdExitStatus StatusAfter(in PinnedRun run, bool killed)
    {
        PidFdExitStatus status = ExitStatusResolver.StatusOf(run);
        return killed ? status.AfterKill() : status;
    }

    /// <summary>
    /// Sends the signal of a step and waits for the exit. With a pidfd the wait begins before the signal, so that the event loop can read the
    /// resource usage before the runtime reaps the process. Without a pidfd the signal comes first. A wait by the runtime may block on the lock of
    /// the object, and a signal by PID must follow the look at the run at once.
    /// </summary>
    /// <returns>Whether the process took a SIGKILL, and whether it exited within the time.</returns>
    private static async Task<(bool IsKilled, bool HasExited)> SignalAndWaitAsync(
        PinnedRun run, int signal, int milliseconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task? exit = run.Handle is null ? null : AsyncWait.WaitForExitAsync(run, WaitPromise.Exit, limit.Token);
        bool isKilled;
        try
        {
            bool hasExited = exit is null ? run.IsOver : exit.IsCompletedSuccessfully;
            if (signal != 0 && !hasExited)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            isKilled = Signal(run, signal);
        }
        catch when (exit is not null)
        {
#pragma warning disable CA1849 // CancelAsync needs a pool thread. The callbacks are this library's own and run no user code.
            limit.Cancel();
#pragma warning restore CA1849
            await exit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        exit ??= AsyncWait.WaitForExitAsync(run, WaitPromise.Exit, limit.Token);
        Pause.CancelAfter(limit, milliseconds);
        await exit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (exit.IsCanceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (isKilled, HasExited: false);
        }

        await exit.ConfigureAwait(false);
        return (isKilled, HasExited: true);
    }
}
