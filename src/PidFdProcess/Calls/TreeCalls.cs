using PidFdProcess.Attachments;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>Kills and stops the trees of pinned runs.</summary>
internal static class TreeCalls
{
    private const int CaptureMilliseconds = 100;

    /// <summary>Kills the process and its descendants.</summary>
    public static void Kill(in PinnedRun run)
    {
        // If descriptors are short, the kill of the runtime leaves out processes and says nothing.
        bool isByRuntime = run.Handle is null && (run.Attachment.Cause != StockCause.Resource || !OperatingSystem.IsLinux());
        RootStart start = isByRuntime ? default : run.ReadStart();
        if (run.HasLostId())
        {
            return;
        }

        if (isByRuntime)
        {
            StockCalls.KillTree(run.Process);
            return;
        }

        Errno error = TreeKill.Run(run.Kernel, run.Attachment.ProcessId, run.Handle?.PidFd, start: start);
        if (error != 0)
        {
            KillWithoutProc(run, error);
        }
    }

    /// <summary>Kills the descendants of the process, and not the process itself.</summary>
    public static void KillDescendants(in PinnedRun run)
    {
        IdentityCalls.RequireLinux();
        RootStart start = run.ReadStart();
        if (run.HasLostId())
        {
            return;
        }

        Errno error = TreeKill.Run(
            run.Kernel, run.Attachment.ProcessId, run.Handle?.PidFd, TreeScope.Descendants, start: start);
        if (error != 0)
        {
            throw SystemCallError.NoAnswer($"The descendants of process {run.Attachment.ProcessId} cannot be listed", ErrnoTable.Proc, error);
        }
    }

    /// <summary>Stops the tree on the calling thread.</summary>
    public static PidFdExitStatus Stop(in PinnedRun run, StopPlan plan, CancellationToken cancellationToken)
    {
        if (run.IsOver)
        {
            return ExitStatusResolver.StatusOf(run);
        }

        RootStart start = run.ReadStart();
        if (run.HasLostId())
        {
            run.CountIfExited(exited: true);
            return ExitStatusResolver.StatusOf(run);
        }

        if (!OperatingSystem.IsLinux())
        {
            return GracefulStop.StopProcess(run, plan, cancellationToken, killsTreeByRuntime: true);
        }

        if (run.Handle is not { } handle)
        {
            return Stop(run, start, plan, Task.CompletedTask, cancellationToken);
        }

        // The event loop captures the status at the exit, while this thread stops the tree.
        Task exit = SharedExit.Join(handle);
        try
        {
            return Stop(run, start, plan, exit, cancellationToken);
        }
        finally
        {
            SharedExit.Leave(handle, exit);
        }
    }

    private static PidFdExitStatus Stop(in PinnedRun run, RootStart start, StopPlan plan, Task exit, CancellationToken cancellationToken)
    {
        Errno error = TreeStop.Run(
            run.Kernel,
            run.Attachment.ProcessId,
            run.Handle?.PidFd,
            plan.Steps,
            plan.Scope == ProcessStopScope.ProcessThenTree,
            plan.KillMilliseconds,
            cancellationToken,
            out TreeStopResult? result,
            start);
        if (error != 0)
        {
            return StopWithoutProc(run, plan, error, cancellationToken);
        }

        if (result is { Survivors: { Count: > 0 } survivors } && survivors.Contains(run.Attachment.ProcessId))
        {
            throw GracefulStop.Survived(run, plan);
        }

        if (run.Handle is null)
        {
            WaitForRuntime(run, plan, cancellationToken);
        }
        else if (!ExitOnlyWait.WaitForExit(run, plan.KillMilliseconds))
        {
            throw GracefulStop.Survived(run, plan);
        }

        // The event loop has captured the status, or captures it soon.
        ((IAsyncResult)exit).AsyncWaitHandle.WaitOne(CaptureMilliseconds);
        PidFdExitStatus status = ExitStatusResolver.StatusOf(run);
        return result is { RootTookKill: true } ? status.AfterKill() : status;
    }

    // The stop has seen the exit of the root. Without a pidfd only the runtime tells the exit code of a child, and it does so after the reap. It
    // tells none of a non-child. The reap may never come, so this wait has a limit, after which the status is unknown.
    private static void WaitForRuntime(in PinnedRun run, StopPlan plan, CancellationToken cancellationToken)
    {
        int limit = !run.Attachment.IsChild ? CaptureMilliseconds
            : plan.KillMilliseconds < 0 ? ReapWait.LongestMilliseconds
            : plan.KillMilliseconds;
        if (!GracefulStop.WaitForExit(run, limit, cancellationToken))
        {
            run.CountIfExited(exited: true);
        }
    }

    // Without a /proc for this PID namespace, neither this library nor the runtime can list the tree. The runtime would send signals to the PIDs that
    // the /proc of another namespace lists. They are PIDs of strangers here.
    private static void KillWithoutProc(in PinnedRun run, Errno error)
    {
        FallBack.NoteWithoutTree(run, new CallFailure(ErrnoTable.Proc, error));
        RunSignal.Send(run, SignalNumbers.SigKill);
        ThrowUnlessWithoutProc(run, error);
    }

    private static PidFdExitStatus StopWithoutProc(in PinnedRun run, StopPlan plan, Errno error, CancellationToken cancellationToken)
    {
        FallBack.Note(run, new CallFailure(ErrnoTable.Proc, error));
        PidFdExitStatus status = GracefulStop.StopProcess(run, plan, cancellationToken);
        ThrowUnlessWithoutProc(run, error);
        return status;
    }

    // Another errno of the caller's own file means that a security module forbids to read it. Then there may be descendants, and they are alive.
    private static void ThrowUnlessWithoutProc(in PinnedRun run, Errno error)
    {
        if (!ProcChildren.MayBeGone(error))
        {
            int id = run.Attachment.ProcessId;
            throw new AggregateException(TreeFailures.Message, TreeFailures.Describe("/proc/self/stat", MemberAccess.NoRoot, id, error));
        }
    }
}
