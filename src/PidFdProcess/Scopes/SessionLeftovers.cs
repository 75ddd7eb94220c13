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
// the last time at which a member was known to be in the session. No process has the PID of the leader now.

/// <summary>Finds the processes that are left in sessions of which a member has exited, in one pass over all processes.</summary>
internal sealed class SessionLeftovers
{
    private readonly AttachmentTable _runs;
    private readonly IKernel _kernel;
    private readonly IReadOnlyList<ScopeMember> _members;

    // When each session was last known to be that of a member, by BootClock.
    private readonly Dictionary<int, TimeSpan> _knownAt = [];

    /// <summary>Prepares a pass.</summary>
    /// <param name="runs">The table of the runs.</param>
    /// <param name="members">The members. The caller holds a reference to each.</param>
    /// <param name="exits">The members that have exited, whose sessions are looked for.</param>
    public SessionLeftovers(AttachmentTable runs, IReadOnlyList<ScopeMember> members, IEnumerable<ScopeMember> exits)
    {
        _runs = runs;
        _kernel = runs.Platform.Kernel;
        _members = members;
        foreach (ScopeMember exited in exits)
        {
            NoteKnown(exited.SessionId, exited.LastInSession(_kernel));
        }
    }

    /// <summary>Gets the processes. Each is a member that the scope takes over.</summary>
    public List<ScopeMember> Found { get; } = [];

    /// <summary>Gets whether descriptors and memory sufficed, so that no process was missed.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Opens the processes that are left in the sessions.</summary>
    /// <param name="isCancelled">Returns whether the scope does not need the rest any more.</param>
    public void Open(Func<bool> isCancelled)
    {
        List<int> ids = [];
        IsComplete = !SystemCallError.IsResource(_kernel.ListProcesses(ids));
        foreach (int id in ids)
        {
            if (id == Environment.ProcessId || !IsInSession(id, out _) || _members.Any(member => member.Id == id && !member.IsReaped()))
            {
                continue;
            }

            if (isCancelled())
            {
                return;
            }

            TryOpen(id);
        }
    }

    private void TryOpen(int id)
    {
        Process? process = null;
        PinnedRun run = default;
        try
        {
            process = OpenCalls.Open(_runs, id);
            run = PinnedRun.Of(_runs, process);
            TimeSpan now = BootClock.Now;
            if (IsInSession(id, out ProcStat stat) && !run.IsOver && run.Handle?.IsReaped() != true && IsProven(stat))
            {
                NoteKnown(stat.SessionId, now);
                Found.Add(new ScopeMember(run, stat.SessionId, new SessionSighting(stat.StartTicks, now)));
                (process, run) = (null, default);
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // The process has gone after the list, or no descriptor is free.
            IsComplete &= e is not Win32Exception;
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

    private bool IsInSession(int id, out ProcStat stat)
    {
        Errno error = _kernel.ReadProcStat(id, out stat);
        IsComplete &= !SystemCallError.IsResource(error);
        return error == 0 && _knownAt.ContainsKey(stat.SessionId) && !stat.HasExited;
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
