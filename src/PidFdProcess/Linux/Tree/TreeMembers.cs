using System.Diagnostics;

namespace PidFdProcess.Linux;

// Overview
//
// Finds the members of a tree, and takes no other process for one.
//
// Constraints: A list of children is about PIDs, which may be recycled at any time. Under /proc only a few errnos mean that a process is gone.
//
// Scheme: The pidfd of a listed process is opened, then its parent is read. The process is a member if that parent is a member and has not been
// reaped since. A member whose parent exits stays a member. A process whose parent exited before the listing has another parent and is no member. The
// stock methods do not find it either.

/// <summary>The processes of one or several trees that were found so far.</summary>
internal sealed class TreeMembers : IDisposable
{
    private readonly ProcChildren _children;
    private readonly Dictionary<int, TreeMember> _byId = [];
    private readonly ListedProcesses _listed;
    private readonly List<int> _found = [];

    /// <summary>The members of one tree.</summary>
    public TreeMembers(MemberAccess access, SafePidFdHandle? root, ProcChildren children, RootStart start = default)
        : this(access, children) => AddRoot(access.RootId, root, start);

    /// <summary>The members of several trees, whose roots are to be added.</summary>
    public TreeMembers(MemberAccess access, ProcChildren children)
    {
        Access = access;
        _children = children;
        _listed = new ListedProcesses(access);
    }

    public MemberAccess Access { get; }

    /// <summary>Gets the members, the root first, and each before its children.</summary>
    public List<TreeMember> All { get; } = [];

    public TreeMember Root => All[0];

    /// <summary>Gets whether the last pass may have missed a process, because another one on a list has ended.</summary>
    public bool MayHaveMissed => _listed.MayHaveMissed;

    /// <summary>Gets whether descendants are members, too.</summary>
    public bool IncludesDescendants { get; init; } = true;

    /// <summary>Gets or sets whether only the parent of a new member is read at first. The stop of the member reads the rest.</summary>
    public bool ReadsStartLater { get; set; }

    /// <summary>Gets the sessions whose processes are members, too.</summary>
    public TreeSessions? Sessions { get; init; }

    /// <summary>Adds a root. Its pidfd stays the caller's.</summary>
    /// <param name="id">The PID.</param>
    /// <param name="pidFd">The pidfd, or <see langword="null"/> on a host without pidfds.</param>
    /// <param name="start">The start of the root, if there is no pidfd.</param>
    public TreeMember AddRoot(int id, SafePidFdHandle? pidFd, RootStart start = default)
    {
        Errno error = Access.ReadStat(id, out ProcStat stat);
        if (Sessions is not null && pidFd is not null && Access.IsReaped(pidFd))
        {
            // The PID may belong to a stranger, whose session is none of a member.
            stat = default;
        }

        if (pidFd is null && start.Ticks != 0 && start.Ticks != stat.StartTicks)
        {
            // Another process has the PID, or the file could not be read.
            stat = new ProcStat { StartTicks = start.Ticks };
        }

        // If the start could not be read then, another process may have got the PID since, so no process is taken for the root.
        error = error == 0 ? start.Error : error;
        TreeMember root = new(id, stat, pidFd, isRoot: true) { StatError = pidFd is not null || start.IsRead ? 0 : Access.MeaningOf(id, error) };
        Add(root);
        return root;
    }

    public TreeMember? ParentOf(TreeMember member) => _byId.GetValueOrDefault(member.ParentId);

    /// <summary>Gets whether the children of one process can be listed without a pass over all processes.</summary>
    public bool ListsOneCheaply => _children.UseChildrenFiles;

    /// <summary>Lists the children of all members, new members included. Returns whether members were added or may have been missed.</summary>
    /// <param name="found">What to do with a new member at once.</param>
    /// <param name="deadline">When the children of new members are listed no more, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    public bool AddChildrenOfAll(Action<TreeMember> found, long deadline)
    {
        Refresh();
        int before = All.Count;
        AddOfSessions(found);
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i].IsFrozen && ListsOneCheaply)
            {
                continue;
            }

            AddChildren(All[i], found);
            if (i >= before && Stopwatch.GetTimestamp() > deadline)
            {
                return true;
            }
        }

        // A list may leave out a process while another process on it ends.
        return All.Count > before || _listed.MayHaveMissed;
    }

    /// <summary>Lists the children of one member in a pass of its own. Returns whether members were added or may have been missed.</summary>
    public bool AddChildrenOfOne(TreeMember parent, Action<TreeMember> found)
    {
        int before = All.Count;
        Refresh();
        AddChildren(parent, found);

        // A long list takes several reads. If a child is reaped between two of them, the kernel leaves out others.
        return All.Count > before || _listed.MayHaveMissed;
    }

    /// <summary>Starts a new pass.</summary>
    public void Refresh()
    {
        _listed.MayHaveMissed = false;
        Errno error;
        do
        {
            error = _children.Refresh();
        }
        while (Access.CanRetry(error));
        Access.NoteOrForget(Access.RootId, TreeCall.ListAll, ErrnoTable.Proc, error);
    }

    /// <summary>Adds the children of a member.</summary>
    public void AddChildren(TreeMember parent, Action<TreeMember> found)
    {
        parent.HasUnopenedChild = false;
        if (parent.HasExited || !IncludesDescendants)
        {
            return;
        }

        Errno error;
        do
        {
            _found.Clear();
            error = _children.AddTo(_found, parent.Id, parent.Threads);
            _listed.MayHaveMissed |= _children.HasLostThread;
        }
        while (Access.CanRetry(error));
        Access.NoteOrForget(parent.Id, TreeCall.List, "/proc/{0}/task/*/children", error);
        foreach (int id in _found)
        {
            if (IsKnown(id) || TreeCaller.IsCaller(Access, id))
            {
                continue;
            }

            error = OpenMember(id, out TreeMember? member);
            parent.HasUnopenedChild |= SystemCallError.IsResource(error);
            if (member is not null)
            {
                parent.HasChildren = true;
                Add(member);
                found(member);
            }
        }
    }

    /// <summary>Adds the processes of the sessions.</summary>
    /// <returns>Whether there were new ones, or a process may have been missed.</returns>
    public bool AddOfSessions(Action<TreeMember> found)
    {
        bool any = false;
        foreach (TreeMember member in Sessions?.FindNew(this) ?? [])
        {
            Add(member);
            found(member);
            any = true;
        }

        bool mayHaveMissed = Sessions?.MayHaveMissed == true;
        _listed.MayHaveMissed |= mayHaveMissed;
        return any || mayHaveMissed;
    }

    /// <summary>Forgets that processes could not be opened, read or signalled if they took the SIGKILL, or have turned out to be gone.</summary>
    public void ForgetGone() => Access.Failures.ForgetGone(id => _byId.GetValueOrDefault(id) switch
    {
        { TookKill: true } => true,
        { PidFd: { } pidFd } => Access.HasExited(pidFd),
        _ => Access.IsGone(id),
    });

    /// <summary>Forgets the members that have been reaped, so that a long stop of a tree that starts many processes does not collect them.</summary>
    public void RemoveReaped()
    {
        All.RemoveAll(member =>
        {
            if (member.IsRoot || !member.HasExited || Access.MayHoldId(member))
            {
                return false;
            }

            member.Drop();
            if (_byId.GetValueOrDefault(member.Id) == member)
            {
                _byId.Remove(member.Id);
            }

            return true;
        });
        Access.ForgetDropped();
        if (Access.Failures.Count > 0)
        {
            // A stranger may get the PID of a process that has gone, and must not be reported at the end.
            ForgetGone();
        }
    }

    public void Dispose()
    {
        foreach (TreeMember member in All)
        {
            member.Drop();
        }
    }

    private void Add(TreeMember member)
    {
        _byId[member.Id] = member;
        All.Add(member);
        if (!member.IsRoot)
        {
            Access.Hold(member);
        }

        Sessions?.Note(member);
    }

    public bool IsKnown(int id) => _byId.TryGetValue(id, out TreeMember? member) && Access.MayHoldId(member);

    /// <summary>Opens a listed process. It is <see langword="null"/> if it is not there or no member.</summary>
    private Errno OpenMember(int id, out TreeMember? member)
    {
        member = null;
        SafePidFdHandle? pidFd = null;
        ProcStat stat = default;
        Errno error = Access.IsByPid ? 0 : _listed.Open(id, out pidFd);
        if (error != 0)
        {
            return error;
        }

        bool isReadFromPidFd = ReadsStartLater && pidFd is not null && Access.TryReadParent(pidFd, out stat);
        error = isReadFromPidFd ? 0 : Access.ReadStat(id, pidFd, out stat);
        if (error == 0 && (isReadFromPidFd || pidFd is null || !Access.IsReaped(pidFd)))
        {
            // If the parent is no member, the listed process has ended and a stranger has its PID.
            bool isChild = _byId.TryGetValue(stat.ParentId, out TreeMember? parent);
            _listed.MayHaveMissed |= !isChild;
            error = isChild ? Access.Verify(parent!) : Errno.ESRCH;
            if (error == 0)
            {
                Access.Failures.Forget(id, TreeCall.Open);
                member = new TreeMember(id, stat, pidFd, isRoot: false);
                return 0;
            }

            error = error == Errno.ESRCH ? 0 : error;
            if (error != 0)
            {
                // The parent could not be read when it was found. A read that works now does not tell its start time, so it must not forget this.
                TreeCall call = parent!.StatError != 0 ? TreeCall.Open : TreeCall.Stat;
                Access.NoteOrForget(parent.Id, call, "/proc/{0}/stat", error);
            }
        }
        else
        {
            _listed.NoteUnread(id, pidFd, error);
        }

        pidFd?.Dispose();
        return error;
    }
}
