namespace PidFdProcess.Linux;

/// <summary>A process of a tree, named by its pidfd. If that was closed because there were too few descriptors, by its PID and start time.</summary>
internal sealed class TreeMember(int id, in ProcStat stat, SafePidFdHandle? pidFd, bool isRoot)
{
    public int Id { get; } = id;

    /// <summary>
    /// Gets the start time. Two processes with one PID have different ones, because the kernel hands out all other PIDs in between.
    /// </summary>
    public long StartTicks { get; private set; } = stat.StartTicks;

    /// <summary>Gets the errno because of which the start time is not known. 0 if it is known.</summary>
    public Errno StatError { get; init; }

    /// <summary>Gets the PID of the parent at the time when the member was found.</summary>
    public int ParentId { get; } = stat.ParentId;

    public bool IsRoot { get; } = isRoot;

    /// <summary>Gets the session at the time when the member was found.</summary>
    public int SessionId { get; } = stat.SessionId;

    /// <summary>Gets the process group at the time when the member was found.</summary>
    public int GroupId { get; } = stat.GroupId;

    /// <summary>Gets the pidfd, or <see langword="null"/> after <see cref="Drop"/> and on hosts without pidfds.</summary>
    public SafePidFdHandle? PidFd { get; private set; } = pidFd;

    /// <summary>Gets or sets the number of threads, or 0 if it is not known.</summary>
    public int Threads { get; set; } = stat.Threads;

    /// <summary>Gets or sets whether the member is known to have exited. It may not have been reaped yet.</summary>
    public bool HasExited { get; set; } = stat.State != default && stat.HasExited;

    /// <summary>Gets or sets whether the member is neither stopped nor killed, nor waited for.</summary>
    public bool IsSpared { get; set; }

    /// <summary>Gets or sets whether the member took a SIGSTOP of this library.</summary>
    public bool TookStop { get; set; }

    /// <summary>Gets or sets whether the member has been seen to be stopped. It forks no more unless another program continues it.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Gets or sets whether the children were listed while the member was stopped, so that the list is complete.</summary>
    public bool IsListed { get; set; }

    /// <summary>Gets or sets whether a child was found.</summary>
    public bool HasChildren { get; set; }

    /// <summary>Gets whether the member is stopped, its children are all known, and no other program is known to continue it.</summary>
    public bool IsFrozen => IsStopped && IsListed && Restarts == 0;

    /// <summary>Gets or sets how often the member was found to fork after it had been seen to be stopped.</summary>
    public int Restarts { get; set; }

    /// <summary>Gets or sets how often the member was listed just before its kill.</summary>
    public int Looks { get; set; }

    /// <summary>Gets or sets whether a child was listed that could not be opened, because there were too few descriptors.</summary>
    public bool HasUnopenedChild { get; set; }

    /// <summary>Gets or sets whether the member took a SIGKILL of this library.</summary>
    public bool TookKill { get; set; }

    /// <summary>Gets or sets whether the last signal was refused.</summary>
    public bool HasRefused { get; set; }

    /// <summary>Gets or sets the index of the signal of a stop that the member got last, or -1.</summary>
    public int LastStep { get; set; } = -1;

    /// <summary>Gets or sets the time before which a stop sends no signal, because the member was only just started.</summary>
    public long NotBefore { get; set; }

    /// <summary>Gets whether nothing is left to do.</summary>
    public bool IsOver => IsSpared || HasExited || TookKill;

    /// <summary>
    /// Gets whether the member can be found again without its pidfd. A process that <c>/proc</c> hides has no known start time, so nothing tells it
    /// from another process with its PID.
    /// </summary>
    public bool MayDrop => StartTicks != 0;

    /// <summary>Notes what was not read when the member was found. The text is known to be about the member.</summary>
    public void Note(in ProcStat stat)
    {
        StartTicks = stat.StartTicks;
        HasExited |= stat.HasExited;
    }

    /// <summary>Hands over the pidfd to the caller, which closes it.</summary>
    public SafePidFdHandle? TakePidFd()
    {
        SafePidFdHandle? taken = PidFd;
        PidFd = null;
        return taken;
    }

    /// <summary>Closes the pidfd, except that of the root, which is the caller's.</summary>
    /// <returns>Whether there was one to close.</returns>
    public bool Drop()
    {
        if (IsRoot || PidFd is null)
        {
            return false;
        }

        PidFd.Dispose();
        PidFd = null;
        return true;
    }
}
