namespace PidFdProcess.Linux;

/// <summary>Opens the processes of a list. A process may have gone since it was listed, and then the list may have left out another one.</summary>
internal sealed class ListedProcesses(MemberAccess access)
{
    // A process that is listed and cannot be opened is usually just being reaped.
    private const int MaxOpenAttempts = 20;

    private readonly Dictionary<int, int> _openAttempts = [];

    /// <summary>Gets or sets whether a list of this pass may have left out a process.</summary>
    public bool MayHaveMissed { get; set; }

    /// <summary>Opens a listed process.</summary>
    public Errno Open(int id, out SafePidFdHandle pidFd)
    {
        Errno error = access.Open(id, out pidFd);
        ErrnoMeaning meaning = error == 0 ? default : ErrnoTable.MeaningOf(ErrnoTable.PidFdOpen, error);
        if (meaning == ErrnoMeaning.NotAProcess && (_openAttempts[id] = _openAttempts.GetValueOrDefault(id) + 1) < MaxOpenAttempts)
        {
            // Before Linux 6.15 a process that is just being reaped answers so. The failure is forgotten at the end if the process has gone by then.
            MayHaveMissed = true;
            Thread.Yield();
        }

        MayHaveMissed |= meaning == ErrnoMeaning.Gone;
        access.NoteOrForget(id, TreeCall.Open, ErrnoTable.PidFdOpen, meaning == ErrnoMeaning.Gone ? 0 : error);
        return error;
    }

    /// <summary>Notes that the parent of a listed process is not known.</summary>
    /// <param name="id">The PID.</param>
    /// <param name="pidFd">The pidfd, or <see langword="null"/> on a host without pidfds.</param>
    /// <param name="error">The errno of <c>/proc/PID/stat</c>, or 0 if the process was reaped after the read.</param>
    public void NoteUnread(int id, SafePidFdHandle? pidFd, Errno error)
    {
        bool isGone = error == 0 || (pidFd is null ? access.MeaningOf(id, error) == Errno.ESRCH : access.IsReaped(pidFd));
        MayHaveMissed |= isGone;

        // A zombie needs no kill. The calls that signal no member (MayHoldCaller) leave out what /proc hides.
        bool isLeftOut = isGone || access.MayHoldCaller || (pidFd is not null && access.HasExited(pidFd));
        if (!isLeftOut && ProcChildren.IsAbsent(error))
        {
            // Every list names a hidden process again, so another list does not help.
            access.NoteOrForget(id, TreeCall.Open, "/proc/{0}/stat", Errno.EACCES);
        }
    }
}
