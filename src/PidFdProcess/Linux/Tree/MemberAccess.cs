namespace PidFdProcess.Linux;

/// <summary>
/// The system calls on members of a tree. If descriptors run short, it closes the spare ones, then the pidfds of the oldest members, and tries
/// again. Such a member is opened again when it is needed, and known by its start time. So two descriptors are enough for a tree of any size. On hosts
/// without pidfds, all members are known by PID and start time.
/// </summary>
internal sealed class MemberAccess(IKernel kernel, bool byPid, int rootId)
{
    private readonly Queue<TreeMember> _held = [];

    public bool IsByPid => byPid;

    public int RootId => rootId;

    public string SignalCall => byPid ? "kill" : "pidfd_send_signal";

    public TreeFailures Failures { get; } = new();

    /// <summary>Notes that a member holds a pidfd that may be closed if there are too few.</summary>
    public void Hold(TreeMember member) => _held.Enqueue(member);

    /// <summary>Closes a descriptor of ours if the errno says that there are too few.</summary>
    public bool CanRetry(Errno error)
    {
        if (!SystemCallError.IsResource(error))
        {
            return false;
        }

        if (SpareDescriptors.TryRelease())
        {
            return true;
        }

        while (_held.TryDequeue(out TreeMember? oldest))
        {
            if (oldest.Drop())
            {
                return true;
            }
        }

        return false;
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
        Errno error;
        while (CanRetry(error = kernel.ReadProcStat(id, out stat)))
        {
        }

        NoteOrForget(id, TreeCall.Stat, $"/proc/{id}/stat", ProcChildren.IsAbsent(error) ? 0 : error);
        return error;
    }

    /// <summary>Sends a signal to a member. ESRCH: it has been reaped.</summary>
    public Errno Signal(TreeMember member, int signal)
    {
        if (member.PidFd is { } held)
        {
            return kernel.PidFdSendSignal(held, signal);
        }

        if (byPid)
        {
            return IsSame(member) ? kernel.Kill(member.Id, signal) : Errno.ESRCH;
        }

        Errno error = Open(member.Id, out SafePidFdHandle pidFd);
        using (pidFd)
        {
            return error switch
            {
                Errno.EINVAL or Errno.ENOENT => Errno.ESRCH,
                not 0 => error,

                // If the process of the pidfd has not been reaped by now, it held the PID when that was looked at.
                _ => IsSame(member) ? kernel.PidFdSendSignal(pidFd, signal) : Errno.ESRCH,
            };
        }
    }

    /// <summary>Until it is reaped, no other process has the PID of a member.</summary>
    public bool HoldsId(TreeMember member) => member.PidFd is { } pidFd ? !IsReaped(pidFd) : IsSame(member);

    public bool IsReaped(SafePidFdHandle pidFd) => kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH;

    /// <summary>Has the process exited, as far as its PID tells?</summary>
    public bool IsGone(int processId)
    {
        Errno error = ReadStat(processId, out ProcStat stat);
        return error == 0 ? stat.HasExited : ProcChildren.IsAbsent(error);
    }

    /// <summary>Looks whether a member has exited, and how many threads it has.</summary>
    public void Update(TreeMember member)
    {
        Errno error = ReadStat(member.Id, out ProcStat stat);
        if (error == 0 && stat.StartTicks == member.StartTicks)
        {
            member.Threads = stat.Threads;
            member.HasExited |= stat.HasExited;
        }
        else if (error is 0 or Errno.ENOENT or Errno.ESRCH)
        {
            // A hidden process has no file either, but its pidfd says that it has not been reaped.
            member.HasExited |= member.PidFd is null || IsReaped(member.PidFd);
        }
    }

    public void NoteOrForget(int id, TreeCall call, string name, Errno error)
    {
        if (error == 0)
        {
            Failures.Forget(id, call);
        }
        else
        {
            Failures.Note(id, call, TreeFailures.Describe(name, id, rootId, error));
        }
    }

    private bool IsSame(TreeMember member) => ReadStat(member.Id, out ProcStat stat) == 0 && stat.StartTicks == member.StartTicks;
}
