using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;

namespace PidFdProcess.Scopes;

// Overview
//
// Constraints: A scope may start many short processes, and must not keep the exited ones. The processes that the leader of a session leaves behind
// are in no tree of the scope. The number of the session may be reused once its last process has been reaped.
//
// Scheme: A member leaves when its pidfd reports the exit. If it was in a session of the scope, the processes that are left in that session become
// members before. While one of them lives, the number still means that session.

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

    /// <summary>Adds the run that the object has now.</summary>
    /// <returns><see langword="false"/> if the scope accepts no more processes.</returns>
    public bool TryAdd(Process process, bool leadsSession = false)
    {
        PinnedRun run = PinnedRun.Of(runs, process);
        return TryAdd(new ScopeMember(process, run, leadsSession ? run.Attachment.ProcessId : 0));
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
        member.NoteEnd();
        if (exit.IsFaulted)
        {
            // The registry was disposed, and the process may still run. The scope keeps it until the stop.
            _ = exit.Exception;
            return;
        }

        bool isKept = false;
        try
        {
            // If descriptors are short, the leader stays a member, so that a stop looks for its session.
            isKept = member.SessionId != 0 && !TryAdoptLeftovers(member);
        }
        catch (InvalidOperationException)
        {
            // The registry was disposed. A stop finds the session through the other members.
        }
        finally
        {
            if (!isKept)
            {
                Remove(member);
            }
        }
    }

    /// <summary>Removes a member and releases its pidfd.</summary>
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

    /// <returns><see langword="false"/> if the processes cannot be listed now, because descriptors are short.</returns>
    private bool TryAdoptLeftovers(ScopeMember exited)
    {
        int sessionId = exited.SessionId;
        lock (_adoptionGate)
        {
            List<ScopeMember> members = All();
            List<Process> leftovers = SessionLeftovers.Open(
                runs,
                sessionId,
                id => members.Exists(member => member.Id == id && !member.IsReaped()),
                () => members.Exists(member => member.SessionId == sessionId && !member.IsReaped()),
                exited.KnownAt,
                out bool isComplete);
            foreach (Process process in leftovers)
            {
                if (!TryAdd(new ScopeMember(process, PinnedRun.Of(runs, process), sessionId)))
                {
                    process.Dispose();
                }
            }

            return isComplete;
        }
    }
}
