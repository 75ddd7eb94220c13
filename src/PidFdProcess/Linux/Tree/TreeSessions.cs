using System.Diagnostics;

namespace PidFdProcess.Linux;

// Overview
//
// Constraints: A process whose parent has exited is in no tree any more. It is still in the session of its parent unless it has called setsid(2). A
// session is named by the PID of the process that made it. As long as any process is in the session, zombies included, no new process gets that PID.
// After that a stranger may get it.
//
// Scheme: A process is a member if its pidfd was opened first, its session was read after, and the session was proven after that. The proof is a
// known member that is in the session and has not been reaped. If all known members have just been reaped, the last proof counts for another 100 ms,
// in which the kernel cannot hand out all other PIDs. It does not count if a process has that PID now.

/// <summary>The sessions that the roots and the other members of a stop lead.</summary>
internal sealed class TreeSessions(IKernel kernel)
{
    /// <summary>How long the last proof of a session counts. In this time the kernel cannot hand out all other PIDs.</summary>
    public static readonly TimeSpan MomentWithoutProof = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<int, long> _provenAt = [];
    private readonly List<int> _ids = [];

    /// <summary>Gets whether there is a session to look for.</summary>
    public bool Any => _provenAt.Count > 0;

    /// <summary>Adds a session and the time when it was known to be that of a member, as <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public void Add(int sessionId, long provenAt) => _provenAt[sessionId] = provenAt;

    /// <summary>Adds the session of a member that leads one.</summary>
    public void Note(TreeMember member)
    {
        if (member.SessionId == member.Id)
        {
            _provenAt.TryAdd(member.Id, Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Finds the processes that are in one of the sessions and are not members yet.</summary>
    public IEnumerable<TreeMember> FindNew(TreeMembers members)
    {
        if (!Any)
        {
            return [];
        }

        _ids.Clear();
        Errno error;
        while (members.Access.CanRetry(error = kernel.ListProcesses(_ids)))
        {
            _ids.Clear();
        }

        members.Access.NoteOrForget(members.Access.RootId, TreeCall.ListAll, "/proc", error);
        List<TreeMember> found = [];
        foreach (int id in _ids)
        {
            if (id != Environment.ProcessId && !members.IsKnown(id) && Find(members, id) is { } member)
            {
                found.Add(member);
            }
        }

        // The known members prove the sessions for the next time.
        foreach (int sessionId in _provenAt.Keys.ToList())
        {
            Prove(members, sessionId);
        }

        return found;
    }

    /// <summary>Whether the session is still that of the members, and not of a stranger that has got its PID.</summary>
    private bool Prove(TreeMembers members, int sessionId)
    {
        long now = Stopwatch.GetTimestamp();
        if (members.All.Exists(member => IsIn(members.Access, member, sessionId)))
        {
            _provenAt[sessionId] = now;
            return true;
        }

        return Stopwatch.GetElapsedTime(_provenAt[sessionId], now) < MomentWithoutProof
            && kernel.ReadProcStat(sessionId, out _) is Errno.ENOENT or Errno.ESRCH;
    }

    private static bool IsIn(MemberAccess access, TreeMember member, int sessionId) =>
        (member.Id == sessionId
            || (member.SessionId == sessionId && access.ReadStat(member.Id, out ProcStat stat) == 0 && stat.SessionId == sessionId))
        && access.HoldsId(member);

    private TreeMember? Find(TreeMembers members, int id)
    {
        // Most processes are in another session. They cost one read.
        if (members.Access.ReadStat(id, out ProcStat stat) != 0 || !_provenAt.ContainsKey(stat.SessionId))
        {
            return null;
        }

        MemberAccess access = members.Access;
        SafePidFdHandle? pidFd = null;
        if (!access.IsByPid && access.Open(id, out pidFd) is var error && error != 0)
        {
            pidFd.Dispose();
            access.NoteOrForget(id, TreeCall.Open, ErrnoTable.PidFdOpen, SystemCallError.IsResource(error) ? error : 0);
            return null;
        }

        if (access.ReadStat(id, out stat) == 0
            && _provenAt.ContainsKey(stat.SessionId)
            && (pidFd is null || !access.IsReaped(pidFd))
            && Prove(members, stat.SessionId))
        {
            return new TreeMember(id, stat, pidFd, isRoot: false);
        }

        pidFd?.Dispose();
        return null;
    }
}
