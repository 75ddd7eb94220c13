using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

// Overview
//
// Finds the processes that are left in the sessions of exited members.
//
// Constraints: /proc tells a session only by its number, which is the PID of the leader. After the last process of the session has been reaped,
// another process may get that PID and lead a new session.
//
// Scheme: Open the pidfd of each candidate first, read its session second, and look for a proof last. A proof is a member that is in the session and
// has not been reaped. Without a proof the candidate is taken if two conditions hold (TreeSessions.IsCovered). It started before, or shortly after,
// the last time at which a member was known to be in the session. No process has the PID of the leader now. If a process goes during the search, its
// child may have been missed, so the search lists the processes again (ProcessSearch). A session is done with if no process of it may have been
// missed and each candidate was either taken or is certainly a stranger. Otherwise its exited members stay for the next pass and for the stop.
// If the scope has given the leader up, the leader itself may be the process that has its PID, so no candidate is certainly a stranger.

/// <summary>Finds the processes that are left in sessions of which a member has exited, in one pass over all processes.</summary>
internal sealed class SessionLeftovers
{
    private readonly AttachmentTable _runs;
    private readonly IKernel _kernel;
    private readonly IReadOnlyList<ScopeMember> _members;
    private readonly ILookup<int, ScopeMember> _membersById;

    // When each session was last known to be that of a member, by BootClock.
    private readonly Dictionary<int, TimeSpan> _knownAt = [];
    private readonly HashSet<int> _unproven = [];

    // The sessions whose leader the scope has given up. The leader may be alive.
    private readonly HashSet<int> _givenUp = [];
    private bool _isComplete = true;

    /// <summary>Prepares a pass.</summary>
    /// <param name="runs">The table of the runs.</param>
    /// <param name="members">The members. The caller holds a reference to each.</param>
    /// <param name="exits">The members that have exited, whose sessions are looked for.</param>
    public SessionLeftovers(AttachmentTable runs, IReadOnlyList<ScopeMember> members, IEnumerable<ScopeMember> exits)
    {
        _runs = runs;
        _kernel = runs.Platform.Kernel;
        _members = members;
        _membersById = members.ToLookup(static member => member.Id);
        foreach (ScopeMember exited in exits)
        {
            NoteKnown(exited.SessionId, exited.LastInSession(_kernel));
            if (exited.IsGivenUp)
            {
                _givenUp.Add(exited.SessionId);
            }
        }
    }

    /// <summary>Gets the processes. Each is a member that the scope takes over.</summary>
    public List<ScopeMember> Found { get; } = [];

    /// <summary>Returns whether all processes of a session are known, so that no exited member has to stay for it.</summary>
    public bool IsDone(int sessionId) => _isComplete && !_unproven.Contains(sessionId);

    /// <summary>Opens the processes that are left in the sessions.</summary>
    /// <param name="isCancelled">Returns whether the scope does not need the rest any more.</param>
    public void Open(Func<bool> isCancelled)
    {
        bool hasMissedNone = new ProcessSearch().Run(
            ids => _isComplete &= !SystemCallError.IsResource(_kernel.ListProcesses(ids)),
            id => isCancelled() ? ProcessLook.Done : LookAt(id));
        _isComplete &= hasMissedNone;
    }

    private ProcessLook LookAt(int id)
    {
        if (id == Environment.ProcessId || _membersById[id].Any(static member => !member.IsReaped()))
        {
            return ProcessLook.Done;
        }

        if (IsInSession(id, out _, out ProcessLook look))
        {
            return TryOpen(id);
        }

        // The exit of a member of a session causes a pass of its own, which finds its children.
        return _membersById[id].Any(static member => member.SessionId != 0) ? ProcessLook.Done : look;
    }

    private ProcessLook TryOpen(int id)
    {
        Process? process = null;
        PinnedRun run = default;
        try
        {
            process = OpenCalls.Open(_runs, id);
            run = PinnedRun.Of(_runs, process);
            TimeSpan now = BootClock.Now;
            if (!IsInSession(id, out ProcStat stat, out ProcessLook look))
            {
                return look;
            }

            if (run.IsOver || run.Handle?.IsReaped() == true)
            {
                return ProcessLook.Gone;
            }

            if (IsProven(stat))
            {
                // Without a pidfd, only the start time tells it from a later owner of the PID.
                run.Attachment.WithoutPidFd?.Prove(stat.StartTicks);
                NoteKnown(stat.SessionId, now);
                Found.Add(new ScopeMember(run, stat.SessionId, new SessionSighting(stat.StartTicks, now)));
                (process, run) = (null, default);
            }
            else if (_givenUp.Contains(stat.SessionId) || _kernel.ReadProcStat(stat.SessionId, out _) != 0)
            {
                // A process with the number of the session would mean that the former session has ended, so that the candidate is a stranger.
                _unproven.Add(stat.SessionId);
            }

            return ProcessLook.Done;
        }
        catch (ArgumentException)
        {
            // The process has gone after the list.
            return ProcessLook.Gone;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // No descriptor is free, or the registry was disposed.
            _isComplete = false;
            return ProcessLook.Done;
        }
        finally
        {
            run.Dispose();
            if (process is not null)
            {
                FindCalls.Close(_runs, process);
            }
        }
    }

    private bool IsInSession(int id, out ProcStat stat, out ProcessLook look)
    {
        Errno error = _kernel.ReadProcStat(id, out stat);
        _isComplete &= !SystemCallError.IsResource(error);
        bool isIn = error == 0 && _knownAt.ContainsKey(stat.SessionId);
        look = TreeSessions.IsGoing(error, stat) ? ProcessLook.Gone : isIn && stat.HasExited ? ProcessLook.Exited : ProcessLook.Done;
        return isIn && !stat.HasExited;
    }

    private bool IsProven(in ProcStat stat)
    {
        int sessionId = stat.SessionId;
        return _members.Any(member => member.SessionId == sessionId && member.ProvesSession(_kernel))
            || TreeSessions.IsCovered(_kernel, stat, _knownAt[sessionId]);
    }

    private void NoteKnown(int sessionId, TimeSpan at)
    {
        if (!_knownAt.TryGetValue(sessionId, out TimeSpan former) || former < at)
        {
            _knownAt[sessionId] = at;
        }
    }
}
