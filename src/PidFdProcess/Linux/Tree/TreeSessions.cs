namespace PidFdProcess.Linux;

// Overview
//
// Finds the processes that have left a tree and are still in a session of it.
//
// Constraints: A process whose parent has exited is in no tree any more. It is still in the session of its parent unless it has called setsid(2). A
// session is named by the PID of the process that made it. As long as any process is in the session, zombies included, no new process gets that PID.
// After that a stranger may get it.
//
// Scheme: A process is a member if its pidfd was opened first, its session was read after, and the session was proven after that. The proof is a
// known member that is in the session and has not been reaped. If all known members have been reaped, the last proof counts for the processes that
// started before it or at most 100 ms after it. In this time the kernel cannot hand out all other PIDs, so the session was that of the members. The
// proof does not count if a process has the PID of the session now. A process that started later is not signalled, and is reported. If a process goes
// during the search, its child may have been missed, so the search lists the processes again (ProcessSearch).

/// <summary>The sessions that the roots and the other members of a stop lead.</summary>
internal sealed class TreeSessions(IKernel kernel)
{
    // In this time the kernel cannot hand out all other PIDs.
    private static readonly TimeSpan s_momentWithoutProof = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<int, TimeSpan> _provenAt = [];
    private readonly ProcessSearch _search = new();

    /// <summary>Gets whether there is a session to look for.</summary>
    public bool Any => _provenAt.Count > 0;

    /// <summary>Gets whether the last search may have missed a process, because in each list a process had gone before it was read.</summary>
    public bool MayHaveMissed { get; private set; }

    /// <summary>
    /// Whether the last proof of a session counts for a process in it. The process must have started before the kernel could give the number to
    /// another session, and no process may have the number now.
    /// </summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="stat">What <c>/proc</c> says about the process.</param>
    /// <param name="provenAt">When the session was last known to be that of a member, by <see cref="BootClock"/>.</param>
    public static bool IsCovered(IKernel kernel, in ProcStat stat, TimeSpan provenAt) => stat.StartedAt < provenAt + s_momentWithoutProof
        && ProcChildren.IsGone(kernel, stat.SessionId, kernel.ReadProcStat(stat.SessionId, out _));

    /// <summary>
    /// Whether the answer of <c>/proc/PID/stat</c> means that the process is being reaped or has been reaped. During the reap the file has -1 for
    /// the session.
    /// </summary>
    public static bool IsGoing(Errno error, in ProcStat stat) => error == 0 ? stat.SessionId < 0 : ProcChildren.MayBeGone(error);

    /// <summary>Adds a session and the time when it was last known to be that of a member, by <see cref="BootClock"/>.</summary>
    public void Add(int sessionId, TimeSpan provenAt) => _provenAt[sessionId] = provenAt;

    /// <summary>Adds the session of a member that leads one.</summary>
    public void Note(TreeMember member)
    {
        if (member.SessionId == member.Id)
        {
            _provenAt.TryAdd(member.Id, BootClock.Now);
        }
    }

    /// <summary>Finds the processes that are in one of the sessions and are not members yet.</summary>
    public IEnumerable<TreeMember> FindNew(TreeMembers members)
    {
        MayHaveMissed = false;
        if (!Any)
        {
            return [];
        }

        MemberAccess access = members.Access;
        string call = ErrnoTable.Proc;
        Errno error = 0;
        List<TreeMember> found = [];
        MayHaveMissed = !_search.Run(
            ids =>
            {
                Errno listed;
                while (access.CanRetry(listed = kernel.ListProcesses(ids)))
                {
                    ids.Clear();
                }

                error = error == 0 ? listed : error;
            },
            id =>
            {
                ProcessLook look = LookAt(members, id, found, out Errno read);
                if (read != 0 && error == 0 && !ProcChildren.IsAbsent(read))
                {
                    (call, error) = ($"/proc/{id}/stat", read);
                }

                return look;
            });
        access.NoteOrForget(access.RootId, TreeCall.ListSessions, call, error);
        if (MayHaveMissed && error == 0)
        {
            access.Failures.Note(access.RootId, TreeCall.ListSessions, new TimeoutException(
                "In each list of all processes, a process had gone before it was read. A process of a session may have been missed."));
        }

        // The known members prove the sessions for the next time.
        foreach (int sessionId in _provenAt.Keys.ToList())
        {
            Prove(members, sessionId);
        }

        return found;
    }

    private ProcessLook LookAt(TreeMembers members, int id, List<TreeMember> found, out Errno error)
    {
        error = 0;
        if (id == Environment.ProcessId || members.IsKnown(id))
        {
            return ProcessLook.Done;
        }

        // Most processes are in another session. They cost one read, and a failure is about the pass, because the process may be a stranger.
        error = members.Access.ReadStatOfAny(id, out ProcStat stat);
        if (error != 0 || !_provenAt.ContainsKey(stat.SessionId))
        {
            return IsGoing(error, stat) ? ProcessLook.Gone : ProcessLook.Done;
        }

        ProcessLook look = Open(members, id, out TreeMember? member);
        if (member is not null)
        {
            found.Add(member);
        }

        return look;
    }

    /// <summary>Whether a member that has not been reaped is in the session, so that the session is not that of a stranger.</summary>
    private bool Prove(TreeMembers members, int sessionId)
    {
        TimeSpan now = BootClock.Now;
        if (!members.All.Exists(member => IsIn(members.Access, member, sessionId)))
        {
            return false;
        }

        _provenAt[sessionId] = now;
        return true;
    }

    private bool IsProven(TreeMembers members, int id, in ProcStat stat)
    {
        if (Prove(members, stat.SessionId) || IsCovered(kernel, stat, _provenAt[stat.SessionId]))
        {
            members.Access.Failures.Forget(id, TreeCall.Session);
            return true;
        }

        members.Access.Failures.Note(id, TreeCall.Session, new InvalidOperationException(
            $"it is in session {stat.SessionId}, but all known processes of that session had been reaped when it started, so it may be a stranger"));
        return false;
    }

    private static bool IsIn(MemberAccess access, TreeMember member, int sessionId) =>
        (member.Id == sessionId
            || (member.SessionId == sessionId && access.ReadStat(member.Id, out ProcStat stat) == 0 && stat.SessionId == sessionId))
        && access.Verify(member) == 0;

    private ProcessLook Open(TreeMembers members, int id, out TreeMember? member)
    {
        member = null;
        MemberAccess access = members.Access;
        SafePidFdHandle? pidFd = null;
        Errno error = access.IsByPid ? 0 : access.Open(id, out pidFd);
        if (error != 0)
        {
            pidFd?.Dispose();
            access.NoteOrForget(id, TreeCall.Open, ErrnoTable.PidFdOpen, SystemCallError.IsResource(error) ? error : 0);
            return ErrnoTable.MeaningOf(ErrnoTable.PidFdOpen, error) is ErrnoMeaning.Gone or ErrnoMeaning.NotAProcess
                ? ProcessLook.Gone
                : ProcessLook.Done;
        }

        error = access.ReadStat(id, out ProcStat stat);
        bool isGone = IsGoing(error, stat) || (pidFd is not null && access.IsReaped(pidFd));
        if (error == 0 && !isGone && _provenAt.ContainsKey(stat.SessionId) && IsProven(members, id, stat))
        {
            member = new TreeMember(id, stat, pidFd, isRoot: false);
            return stat.HasExited ? ProcessLook.Exited : ProcessLook.Done;
        }

        pidFd?.Dispose();
        return isGone ? ProcessLook.Gone : ProcessLook.Done;
    }
}
