using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;

namespace PidFdProcess.Scopes;

// Overview
//
// Constraints: a scope may start many short processes, and must not collect them. What the leader of a session leaves behind has no parent that
// leads to it, and the number of the session is free once its last process has been reaped.
//
// Scheme: a member leaves when its pidfd tells the exit. If it was in a session of the scope, the processes that are left in that session become
// members first, and prove the session as long as they live.

/// <summary>The processes that a scope owns.</summary>
internal sealed class ScopeMembers(AttachmentTable runs, ScopePlan plan)
{
    private readonly object _gate = new();
    private readonly object _adoptionGate = new();
    private readonly HashSet<ScopeMember> _members = [];
    private bool _isClosed;
    private bool _isStopped;

    public AttachmentTable Runs => runs;

    public ScopePlan Plan => plan;

    /// <summary>Gets the processes that the user has given to the scope and that have not been seen to exit.</summary>
    public IReadOnlyList<Process> Processes => [.. All().Where(static member => !member.IsLeftover).Select(static member => member.Process)];

    /// <summary>Gets how many members there are.</summary>
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

    /// <summary>Adds the run that the object has now.</summary>
    /// <returns><see langword="false"/> if the scope takes no more.</returns>
    public bool TryAdd(Process process, bool leadsSession = false)
    {
        PinnedRun run = PinnedRun.Of(runs, process);
        return TryAdd(new ScopeMember(process, run, leadsSession ? run.Attachment.ProcessId : 0));
    }

    /// <summary>Takes no more processes from now on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Forgets all members after the stop, also those that are alive.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _isStopped = true;
        }

        All().ForEach(Remove);
    }

    /// <summary>The members that a stop is about, each with a reference for its length.</summary>
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

    private bool TryAdd(ScopeMember member)
    {
        lock (_gate)
        {
            bool isOwned = _members.Any(other => other.Id == member.Id && !other.IsReaped());
            if (isOwned || _isStopped || (_isClosed && !member.IsLeftover))
            {
                member.Release();
                return isOwned;
            }

            _members.Add(member);
            OpenScopes.Add(this);
        }

        member.Exit.ContinueWith(
            exit => OnEnd(member, exit), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return true;
    }

    private void OnEnd(ScopeMember member, Task exit)
    {
        if (exit.IsFaulted)
        {
            // The registry was disposed, and the process may be running. The scope keeps it until the stop.
            _ = exit.Exception;
            return;
        }

        try
        {
            if (member.SessionId != 0)
            {
                AdoptLeftovers(member.SessionId);
            }
        }
        catch (InvalidOperationException)
        {
            // The registry was disposed. A stop finds the session through the other members.
        }
        finally
        {
            Remove(member);
        }
    }

    /// <summary>Forgets a member that has exited.</summary>
    private void Remove(ScopeMember member)
    {
        lock (_gate)
        {
            if (!_members.Remove(member))
            {
                return;
            }

            if (_members.Count == 0)
            {
                OpenScopes.Remove(this);
            }
        }

        member.Release();
        if (member.IsLeftover)
        {
            member.Process.Dispose();
        }
    }

    private void AdoptLeftovers(int sessionId)
    {
        long exitSeenAt = Stopwatch.GetTimestamp();
        lock (_adoptionGate)
        {
            List<ScopeMember> members = All();
            foreach (Process process in SessionLeftovers.Open(
                runs,
                sessionId,
                id => members.Exists(member => member.Id == id && !member.IsReaped()),
                () => members.Exists(member => member.SessionId == sessionId && !member.IsReaped()),
                exitSeenAt))
            {
                if (!TryAdd(new ScopeMember(process, PinnedRun.Of(runs, process), sessionId)))
                {
                    process.Dispose();
                }
            }
        }
    }
}
