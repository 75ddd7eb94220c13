using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Handles;

namespace PidFdProcess.Scopes;

// Overview
//
// Keeps the processes that a scope owns until they have exited.
//
// Constraints: A scope may start many short processes, and must not keep the exited ones. The processes that the leader of a session leaves behind
// are in no tree of the scope. The number of the session may be reused once its last process has been reaped. A wait may break off before the exit,
// because the app disposes the registry, or closes the object of a process without a pidfd.
//
// Scheme: A member leaves when its pidfd reports the exit. If it was in a session of the scope and the stop is for entire trees, the processes that
// are left in that session become members before. While one of them lives, the number still means that session. If the registry can still be used,
// the scope waits again for a process with a pidfd. A process without one leaves as if it had exited, because only its PID is left to go by.

/// <summary>The processes that a scope owns.</summary>
internal sealed class ScopeMembers
{
    private readonly object _gate = new();
    private readonly LeftoverAdoption _adoption;
    private readonly HashSet<ScopeMember> _members = [];
    private bool _isClosed;
    private bool _isStopped;
    private int _starts;

    public ScopeMembers(AttachmentTable runs, ScopePlan plan)
    {
        Runs = runs;
        Plan = plan;
        _adoption = new LeftoverAdoption(this);
    }

    public AttachmentTable Runs { get; }

    public ScopePlan Plan { get; }

    /// <summary>Gets the processes that the user has given to the scope and that have not been seen to exit.</summary>
    public IReadOnlyList<Process> Processes => [.. All().Where(static member => member.IsListed).Select(static member => member.Process)];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _members.Count;
            }
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Gets whether the stop is over, and the scope keeps no process any more.</summary>
    public bool IsStopped
    {
        get
        {
            lock (_gate)
            {
                return _isStopped;
            }
        }
    }

    /// <summary>
    /// Notes that a process is being started. From now on, the end of the program waits for the start, and then kills the process. The caller calls
    /// <see cref="EndStart"/> after the process was added or killed.
    /// </summary>
    public void BeginStart()
    {
        lock (_gate)
        {
            _starts++;
            OpenScopes.Add(this);
        }
    }

    public void EndStart()
    {
        lock (_gate)
        {
            _starts--;
            RemoveIfUnused();
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for the starts under way, at most until a time of <see cref="Environment.TickCount64"/>.</summary>
    public void WaitForStarts(long deadline)
    {
        lock (_gate)
        {
            while (_starts > 0 && deadline - Environment.TickCount64 is > 0 and long left)
            {
                Monitor.Wait(_gate, (int)left);
            }
        }
    }

    /// <summary>Adds the run that the object has now.</summary>
    /// <returns><see langword="false"/> if the scope accepts no more processes.</returns>
    public bool TryAdd(Process process, bool leadsSession = false)
    {
        PinnedRun run = PinnedRun.Of(Runs, process);
        ScopeMember member = new(run, leadsSession ? run.Attachment.ProcessId : 0);

        // Notes the first proof, which counts if no exit time is told later.
        member.ProvesSession(Runs.Platform.Kernel);
        return TryAdd(member, out _);
    }

    /// <summary>Adds a process that was left in a session, which only the scope knows.</summary>
    public void Adopt(ScopeMember leftover)
    {
        TryAdd(leftover, out bool isAdded);
        if (!isAdded)
        {
            FindCalls.Close(Runs, leftover.Process);
        }
    }

    /// <summary>Accepts no more processes from now on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Removes all members after the stop, even if they are alive.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _isStopped = true;
        }

        All().ForEach(Remove);
    }

    /// <summary>Returns the members that a stop is for. The caller holds a reference to each of them and releases it.</summary>
    public List<ScopeMember> Hold()
    {
        lock (_gate)
        {
            return [.. _members.Where(static member => member.TryHold())];
        }
    }

    private List<ScopeMember> All()
    {
        lock (_gate)
        {
            return [.. _members];
        }
    }

    private bool TryAdd(ScopeMember member, out bool isAdded)
    {
        bool isOwned;
        lock (_gate)
        {
            isOwned = _members.Any(other => other.Id == member.Id && !other.IsReaped());
            isAdded = !isOwned && !_isStopped && (!_isClosed || member.IsLeftover);
            if (isAdded)
            {
                _members.Add(member);
                OpenScopes.Add(this);
            }
        }

        if (!isAdded)
        {
            member.Leave();
            return isOwned;
        }

        Watch(member, member.Exit);
        return true;
    }

    // With inline completions the task ends on the thread of the event loop, which must not list processes.
    private void Watch(ScopeMember member, Task exit) => exit.ContinueWith(
        ended => OnEnd(member, ended),
        CancellationToken.None,
        Runs.Platform.CompletesInline ? TaskContinuationOptions.None : TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private void OnEnd(ScopeMember member, Task exit)
    {
        if (exit.Exception?.InnerException is { } failure && (TryWaitAgain(member, failure) || !IsOver(member, failure)))
        {
            // If there is no other wait, the scope keeps the process until the stop.
            return;
        }

        member.NoteEnd();

        // Without the trees, a stop is for the processes alone and must spare the rest of their sessions.
        if (member.SessionId == 0 || IsStopped || !Plan.EntireProcessTree)
        {
            Remove(member);
        }
        else
        {
            _adoption.Add(member);
        }
    }

    // The object may be in the middle of Close() now, and still have its run.
    private static bool IsOver(ScopeMember member, Exception failure) =>
        (!member.HasPidFd && failure is InvalidOperationException) || member.HasEnded();

    /// <summary>Waits again for a process with a pidfd, if the registry can be used after its disposal.</summary>
    private bool TryWaitAgain(ScopeMember member, Exception failure)
    {
        // After any other failure, the next wait could fail at once, and so on without end.
        if (!DisposedRegistry.IsCauseOf(failure) || Runs.IsDisposed || !member.HasPidFd || !member.TryHold())
        {
            return false;
        }

        Task exit = member.WaitAgain();
        bool isMember;
        lock (_gate)
        {
            isMember = _members.Contains(member);
            if (isMember)
            {
                member.Keep(exit);
            }
        }

        if (isMember)
        {
            Watch(member, exit);
        }
        else
        {
            member.Drop(exit);
        }

        member.Release();
        return true;
    }

    /// <summary>Removes a member, ends its wait and releases its pidfd.</summary>
    public void Remove(ScopeMember member)
    {
        lock (_gate)
        {
            if (!_members.Remove(member))
            {
                return;
            }

            RemoveIfUnused();
        }

        member.Leave();
        if (member.IsLeftover)
        {
            FindCalls.Close(Runs, member.Process);
        }
    }

    /// <summary>Ends the handling of the end of the program. The caller holds the lock.</summary>
    private void RemoveIfUnused()
    {
        if (_members.Count == 0 && _starts == 0)
        {
            OpenScopes.Remove(this);
        }
    }
}
