using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Calls;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Scopes;

// Overview
//
// Keeps a run that a scope owns, and proves the session that the run is in.
//
// Constraints: A process that is found in a session may leave it through setsid(2) at any time, and keeps its PID. The session may be empty then, and
// a stranger may get its number. The leader cannot leave its session, because setsid(2) fails for the leader of a process group. No process can enter
// a session that it has left.
//
// Scheme: The leader proves its session until it is reaped. Any other process proves the session if /proc/PID/stat names the session, and the process
// has not been reaped after the read. If it can no longer prove the session, the time of its last proof counts. For a leader, the time of its exit
// counts if the pidfd or the runtime has told it. A look at another time is no proof, because the number may have a new owner by then.

/// <summary>A run of a process that a scope owns. The scope keeps its pidfd, even if the object is closed or restarted.</summary>
/// <param name="run">The run. The member takes over its reference.</param>
/// <param name="sessionId">The session of the scope that the process leads or was found in, or 0 if there is none.</param>
/// <param name="seen">When the process was found in the session, if it does not lead it.</param>
internal sealed class ScopeMember(PinnedRun run, int sessionId, SessionSighting seen = default)
{
    private readonly (Task Exit, CancellationTokenSource? Stock) _wait = BeginWait(run);

    private Task? _laterExit;
    private long _seenAt = seen.At.Ticks;
    private long _endedAt;

    public Process Process => run.Process;

    public int Id { get; } = run.Attachment.ProcessId;

    public int SessionId { get; } = sessionId;

    /// <summary>Gets whether the scope has found the process in a session whose leader has exited. The user does not know this process.</summary>
    public bool IsLeftover => SessionId != 0 && SessionId != Id;

    /// <summary>Gets whether there is a pidfd. Otherwise the process is identified by its object and its PID.</summary>
    public bool HasPidFd => run.Handle is not null;

    /// <summary>Gets the root of the tree, for a stop, or <see langword="null"/> if the PID may belong to another process now.</summary>
    public ForestRoot? Root
    {
        get
        {
            // Read before the look at the run, because another process may have the PID later.
            RootStart start = run.ReadStart();
            return HasPidFd || !IsOverWithoutPidFd(throwIfUnknown: false) ? new(Id, run.Handle?.PidFd, start) : null;
        }
    }

    /// <summary>
    /// Gets the task that ends with the exit. It fails if the registry is disposed first. Without a pidfd it fails if the object is closed first.
    /// </summary>
    public Task Exit => Volatile.Read(ref _laterExit) ?? _wait.Exit;

    /// <summary>Gets whether the user has given the process to the scope, and its exit has not been seen.</summary>
    public bool IsListed => !IsLeftover && !Exit.IsCompletedSuccessfully && !IsGivenUp && !(Exit.IsFaulted && HasEnded());

    /// <summary>Gets whether there is no pidfd and the object was closed or restarted. The scope does not go by the PID then.</summary>
    public bool IsGivenUp => !HasPidFd && !run.IsCurrent;

    /// <summary>Takes another reference for the length of a stop.</summary>
    /// <returns><see langword="false"/> if the run is over and no session has to be looked for.</returns>
    public bool TryHold() => run.Handle is { } handle ? handle.TryAddRef() : SessionId != 0 || !IsOverWithoutPidFd(throwIfUnknown: false);

    /// <summary>Releases a reference.</summary>
    public void Release() => run.Handle?.Release();

    /// <summary>Ends the wait for the exit, and releases the reference of the member. The process may be alive.</summary>
    public void Leave()
    {
        if (run.Handle is { } handle)
        {
            SharedExit.Leave(handle, Exit);
        }

        _wait.Stock?.Cancel();
        Release();
    }

    /// <summary>Begins another wait for a process with a pidfd. The caller holds a reference, and calls one of the next two methods.</summary>
    public Task WaitAgain() => SharedExit.Join(run.Handle!);

    /// <summary>Makes another wait that of the member, so that <see cref="Leave"/> ends it.</summary>
    public void Keep(Task exit) => Volatile.Write(ref _laterExit, exit);

    /// <summary>Ends another wait that the member does not need.</summary>
    public void Drop(Task exit) => SharedExit.Leave(run.Handle!, exit);

    /// <summary>Looks whether the process has exited. Without a pidfd, it also counts as ended if the scope has given it up.</summary>
    public bool HasEnded()
    {
        if (run.Handle is not { } handle)
        {
            return IsOverWithoutPidFd(throwIfUnknown: false);
        }

        if (!handle.TryAddRef())
        {
            // The member has left the scope.
            return true;
        }

        bool isKnown = !handle.Poll(0, out bool exited).IsFailure;
        handle.Release();
        return isKnown && exited;
    }

    /// <summary>Returns whether the process has been reaped, so that another process may have its PID.</summary>
    public bool IsReaped() => run.Handle?.IsReaped() ?? IsOverWithoutPidFd(throwIfUnknown: false);

    /// <summary>Notes that the exit has been seen now.</summary>
    public void NoteEnd() => Volatile.Write(ref _endedAt, BootClock.Now.Ticks);

    /// <summary>Sends a signal to the process, and not to its tree.</summary>
    public void Signal(int signal) => GracefulStop.Signal(run, signal);

    /// <summary>
    /// Kills the process. Without a pidfd, the runtime kills it, or its tree. A process with a pidfd is killed alone, because the runtime would go
    /// by PID. The runtime kills a process alone, too, if <c>/proc</c> is of another PID namespace, where these PIDs are those of strangers.
    /// </summary>
    /// <exception cref="Win32Exception">It is not known whether the PID still belongs to the process, so it was not killed.</exception>
    public void KillWithoutProc(bool entireProcessTree)
    {
        if (HasPidFd)
        {
            RunSignal.Send(run, SignalNumbers.SigKill);
        }
        else if (!IsOverWithoutPidFd(throwIfUnknown: true))
        {
            if (entireProcessTree && (!OperatingSystem.IsLinux() || ProcMount.IsOfThisNamespace))
            {
                StockCalls.KillTree(Process);
            }
            else
            {
                StockCalls.Kill(Process);
            }
        }
    }

    /// <summary>Waits for the exit, and returns how the process ended, or <see langword="null"/> if it has not exited in time.</summary>
    public PidFdExitStatus? WaitForStatus(int milliseconds, bool tookKill)
    {
        try
        {
            if (!ExitOnlyWait.WaitForExit(run, milliseconds))
            {
                return null;
            }
        }
        catch (InvalidOperationException) when (!run.IsCurrent)
        {
            return PidFdExitStatus.Unknown;
        }

        PidFdExitStatus status = ExitStatusResolver.StatusOf(run);
        return tookKill ? status.AfterKill() : status;
    }

    /// <summary>Looks whether the process is in its session of the scope now, so that the session is not that of a stranger.</summary>
    public bool ProvesSession(IKernel kernel)
    {
        TimeSpan now = BootClock.Now;
        if (SessionId == 0 || (IsLeftover && !IsSeenInSession(kernel)) || MayBeReaped())
        {
            return false;
        }

        Volatile.Write(ref _seenAt, now.Ticks);
        return true;
    }

    /// <summary>Returns when the process was certainly in its session of the scope for the last time, by <see cref="BootClock"/>.</summary>
    public TimeSpan LastInSession(IKernel kernel)
    {
        bool isProven = ProvesSession(kernel);
        TimeSpan seenAt = TimeSpan.FromTicks(Volatile.Read(ref _seenAt));
        if (isProven || ExitTime() is not { } exit)
        {
            return seenAt;
        }

        // A busy pool delays the continuation of the exit, so its time is no proof. But the exit was before it, even if the clock was set since.
        TimeSpan now = BootClock.Now;
        TimeSpan at = now - (DateTime.UtcNow - exit.ToUniversalTime());
        TimeSpan end = TimeSpan.FromTicks(Volatile.Read(ref _endedAt));
        at = end != default && end < at ? end : at;
        return at < seenAt || at > now ? seenAt : at;
    }

    private static (Task Exit, CancellationTokenSource? Stock) BeginWait(in PinnedRun run)
    {
        if (run.Handle is { } handle)
        {
            return (SharedExit.Join(handle), null);
        }

        // The stock wait keeps a handler of Exited until it ends.
        CancellationTokenSource stock = new();
        return (AsyncWait.WaitForExitAsync(run, WaitPromise.Exit, stock.Token), stock);
    }

    private bool IsSeenInSession(IKernel kernel) => kernel.ReadProcStat(Id, out ProcStat stat) == 0
        && stat.SessionId == SessionId
        && stat.StartTicks == seen.StartTicks;

    /// <summary>
    /// Returns when the process was seen to exit in its session, or <see langword="null"/> if that is not known. The runtime notes the time when it
    /// reaps a child. The record may be read later.
    /// </summary>
    private DateTime? ExitTime()
    {
        ExitRecord? record = (run.Handle ?? run.Attachment.Handle)?.Exit;
        if (IsLeftover)
        {
            return record?.SessionId == SessionId ? record.Time : null;
        }

        DateTime? reaped = RuntimeExit.ReadTime(Process, run.Attachment.Run);
        return record is null || reaped < record.Time ? reaped : record.Time;
    }

    private bool MayBeReaped()
    {
        try
        {
            return run.Handle?.IsReaped() ?? IsOverWithoutPidFd(throwIfUnknown: true);
        }
        catch (Win32Exception)
        {
            return true;
        }
    }

    private bool IsOverWithoutPidFd(bool throwIfUnknown)
    {
        try
        {
            return !run.IsCurrent || run.HasLostId(throwIfUnknown);
        }
        catch (InvalidOperationException) when (!run.IsCurrent)
        {
            // Another thread has closed the object during the call.
            return true;
        }
    }
}

/// <summary>A look at a process that found it in a session.</summary>
/// <param name="StartTicks">The start of the process, which tells it from another one with its PID.</param>
/// <param name="At">The time before the look, by <see cref="BootClock"/>.</param>
internal readonly record struct SessionSighting(long StartTicks, TimeSpan At);
