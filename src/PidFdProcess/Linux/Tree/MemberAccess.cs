namespace PidFdProcess.Linux;

// Overview
//
// Makes the system calls on the members of a tree, even if the program is out of descriptors.
//
// Constraints: The process may be out of descriptors, and its other threads may take each descriptor that this class closes.
//
// Scheme: If a call fails for lack of descriptors, one descriptor of this class is closed and the call is repeated. The spare descriptors go first,
// then the pidfds of members that have exited or took a SIGKILL. During the grace period of a stop, the pidfd of any member may go. A member without
// a pidfd is known by its PID and start time, and is opened again when that is needed. During a kill this is the last resort, because a stopped
// member that cannot be opened again would stay stopped. On hosts without pidfds, all members are known by PID and start time.

/// <summary>The system calls on members of a tree, with as few descriptors as there are.</summary>
internal sealed class MemberAccess(IKernel kernel, bool byPid, int rootId)
{
    /// <summary>The root of several trees. No process has this PID, so its failures are about no process.</summary>
    public const int NoRoot = 0;

    // If this many closed descriptors in a row did not help, other threads are taking them.
    private const int MaxVainDrops = 3;

    private readonly List<TreeMember> _held = [];
    private int _vainDrops;
    private bool _wasShort;

    public bool IsByPid => byPid;

    public int RootId => rootId;

    public string SignalCall => byPid ? ErrnoTable.Kill : ErrnoTable.PidFdSendSignal;

    public TreeFailures Failures { get; } = new();

    /// <summary>Gets or sets whether the pidfds of members that are alive may be closed if there are too few descriptors.</summary>
    public bool MayDropLiving { get; set; }

    /// <summary>Gets whether the calling process may be a member, because no member is signalled.</summary>
    public bool MayHoldCaller { get; init; }

    /// <summary>
    /// Notes that a member holds a pidfd. The last part of the limit of descriptors is for the app, and a stop or a wait may last for hours. So it
    /// closes pidfds before they take up that part.
    /// </summary>
    public void Hold(TreeMember member)
    {
        if (member.PidFd is not { } pidFd)
        {
            return;
        }

        _held.Add(member);
        if (MayDropLiving && !DescriptorLimit.LeavesHeadroom((int)pidFd.DangerousGetHandle()))
        {
            DropHalf();
        }
    }

    /// <summary>Closes the pidfds of half of the members, the oldest first. They are opened again when they are needed.</summary>
    public bool DropHalf()
    {
        ForgetDropped();
        List<TreeMember> dropped = [.. _held.FindAll(static member => member.MayDrop).Take((_held.Count + 1) / 2)];
        bool any = false;
        foreach (TreeMember member in dropped)
        {
            any |= member.Drop();
            _held.Remove(member);
        }

        return any;
    }

    /// <summary>Forgets the members whose pidfds have been closed. A long stop of a tree that starts many processes would collect them.</summary>
    public void ForgetDropped() => _held.RemoveAll(static member => member.PidFd is null);

    /// <summary>Closes a descriptor of this class if the errno says that there are too few.</summary>
    public bool CanRetry(Errno error)
    {
        if (!SystemCallError.IsResource(error))
        {
            _vainDrops = 0;
            return false;
        }

        _wasShort = true;
        if (SpareDescriptors.TryRelease())
        {
            return true;
        }

        ForgetDropped();
        int index = _held.FindIndex(static member => member.MayDrop && (member.TookKill || member.HasExited));
        if (index < 0 && MayDropLiving && error == Errno.EMFILE && _held.Count > 0 && _vainDrops < MaxVainDrops)
        {
            _vainDrops++;
            index = _held.FindIndex(static member => member.MayDrop);
        }

        if (index < 0)
        {
            return false;
        }

        _held[index].Drop();
        _held.RemoveAt(index);
        return true;
    }

    public Errno Open(int id, out SafePidFdHandle pidFd)
    {
        Errno error;
        while (CanRetry(error = kernel.PidFdOpen(id, out pidFd)))
        {
        }

        return error;
    }

    /// <summary>Reads what <c>/proc/PID/stat</c> says, and notes an errno other than that the process is gone or hidden.</summary>
    public Errno ReadStat(int id, out ProcStat stat)
    {
        Errno error = ReadStatOfAny(id, out stat);
        NoteOrForget(id, TreeCall.Stat, "/proc/{0}/stat", ProcChildren.IsAbsent(error) ? 0 : error);
        return error;
    }

    /// <summary>Reads what <c>/proc/PID/stat</c> says about a process that is probably no member, so that an errno is no failure.</summary>
    public Errno ReadStatOfAny(int id, out ProcStat stat)
    {
        Errno error;
        while (CanRetry(error = kernel.ReadProcStat(id, out stat)))
        {
        }

        return error;
    }

    /// <summary>
    /// Reads <c>/proc/PID/stat</c>, or the parent alone if <c>/proc</c> hides the process (hidepid, see <c>proc(5)</c>). From Linux 6.13 on the pidfd
    /// tells the parent.
    /// </summary>
    public Errno ReadStat(int id, SafePidFdHandle? pidFd, out ProcStat stat)
    {
        Errno error = ReadStat(id, out stat);
        return pidFd is not null && ProcChildren.IsAbsent(error) && HasParent(pidFd, out stat) ? 0 : error;
    }

    /// <summary>
    /// Reads the parent of a process from its pidfd, which takes a tenth of the time of a file. Fails before Linux 6.13. The start time is noted
    /// later (<see cref="NoteStart"/>). That takes a free descriptor, so this fails if few are left, too.
    /// </summary>
    public bool TryReadParent(SafePidFdHandle pidFd, out ProcStat stat)
    {
        stat = default;
        return !_wasShort && DescriptorLimit.LeavesHeadroom((int)pidFd.DangerousGetHandle()) && HasParent(pidFd, out stat);
    }

    /// <summary>Notes what <c>/proc/PID/stat</c> says of a member, unless that was read when the member was found.</summary>
    public void NoteStart(TreeMember member, in ProcStat stat)
    {
        // If the process of the pidfd has not been reaped by now, it held the PID when the file was read.
        if (member is { StartTicks: 0, PidFd: { } pidFd } && !IsReaped(pidFd))
        {
            member.Note(stat);
        }
    }

    /// <summary>Sends a signal to a member. The answer is ESRCH if the member has been reaped.</summary>
    public Errno Signal(TreeMember member, int signal)
    {
        if (member.PidFd is { } held)
        {
            return kernel.PidFdSendSignal(held, signal);
        }

        if (byPid)
        {
            Errno verified = Verify(member);
            return verified == 0 ? kernel.Kill(member.Id, signal) : verified;
        }

        Errno error = Open(member.Id, out SafePidFdHandle pidFd);
        using (pidFd)
        {
            if (error != 0)
            {
                return ErrnoTable.Means(ErrnoTable.PidFdOpen, error, ErrnoMeaning.NotAProcess) ? Errno.ESRCH : error;
            }

            // If the process of the pidfd has not been reaped by now, it held the PID when that was looked at.
            error = Verify(member);
            return error == 0 ? kernel.PidFdSendSignal(pidFd, signal) : error;
        }
    }

    /// <summary>Looks whether the PID still belongs to the member. It does until the member is reaped.</summary>
    /// <returns>0 if it does, ESRCH if it does not, and any other errno if that is not known.</returns>
    public Errno Verify(TreeMember member)
    {
        if (member.PidFd is { } pidFd)
        {
            return IsReaped(pidFd) ? Errno.ESRCH : 0;
        }

        Errno error = ReadStat(member.Id, out ProcStat stat);
        return Compare(member, error, stat);
    }

    /// <summary>
    /// What an errno of <c>/proc/PID/stat</c> means for a process that has only its PID. It is ESRCH if no process has the PID, and EACCES if
    /// <c>/proc</c> hides a process that has it.
    /// </summary>
    public Errno MeaningOf(int processId, Errno error) =>
        ProcChildren.IsGone(kernel, processId, error) ? Errno.ESRCH : ProcChildren.IsAbsent(error) ? Errno.EACCES : error;

    /// <summary>Whether the PID may still belong to the member.</summary>
    public bool MayHoldId(TreeMember member) => Verify(member) != Errno.ESRCH;

    public bool IsReaped(SafePidFdHandle pidFd) => kernel.IsReaped(pidFd);

    /// <summary>Whether the process has exited, as far as its PID tells.</summary>
    public bool IsGone(int processId)
    {
        Errno error = ReadStat(processId, out ProcStat stat);
        return error == 0 ? stat.HasExited : ProcChildren.IsGone(kernel, processId, error);
    }

    /// <summary>Whether the process of a pidfd has exited. It may not have been reaped yet.</summary>
    public bool HasExited(SafePidFdHandle pidFd) => kernel.Poll(pidFd, 0, out bool exited) == 0 && exited;

    /// <summary>Looks whether a member has exited, and how many threads it has.</summary>
    public void Update(TreeMember member)
    {
        Errno error = ReadStat(member.Id, out ProcStat stat);
        if (error == 0 && stat.StartTicks == member.StartTicks)
        {
            member.Threads = stat.Threads;
            member.HasExited |= stat.HasExited;
        }
        else if (member.PidFd is { } pidFd)
        {
            // The process may be hidden. Its pidfd says whether it has been reaped.
            member.HasExited |= IsReaped(pidFd);
        }
        else
        {
            member.HasExited |= Compare(member, error, stat) == Errno.ESRCH;
        }
    }

    /// <summary>Notes that a call failed for a process, or that it has worked. In the name, <c>{0}</c> is the PID.</summary>
    public void NoteOrForget(int id, TreeCall call, string name, Errno error)
    {
        if (error == 0)
        {
            Failures.Forget(id, call);
        }
        else
        {
            Failures.Note(id, call, TreeFailures.Describe(name.Replace("{0}", $"{id}", StringComparison.Ordinal), id, rootId, error));
        }
    }

    private Errno Compare(TreeMember member, Errno error, in ProcStat stat) => error != 0 ? MeaningOf(member.Id, error)
        : stat.StartTicks == member.StartTicks ? 0
        : member.StatError != 0 ? member.StatError
        : Errno.ESRCH;

    /// <summary>Whether the pidfd tells the parent, which is all that is known then.</summary>
    private bool HasParent(SafePidFdHandle pidFd, out ProcStat stat)
    {
        bool isTold = kernel.PidFdGetParent(pidFd, out int parentId) == 0;
        stat = isTold ? new ProcStat { ParentId = parentId } : default;
        return isTold;
    }
}
