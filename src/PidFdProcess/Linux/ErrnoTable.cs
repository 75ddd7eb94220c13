namespace PidFdProcess.Linux;

/// <summary>What an errno of a call means for the process that the call was about.</summary>
internal enum ErrnoMeaning
{
    /// <summary>The meaning is not known. The caller reports the errno, and never acts by PID because of it.</summary>
    Unknown,

    /// <summary>The process has been reaped, or its entry in /proc has gone with it.</summary>
    Gone,

    /// <summary>The id belongs to a thread, or to a process that is being reaped.</summary>
    NotAProcess,

    /// <summary>The process is not a child of this one, or has been reaped.</summary>
    NotAChild,

    /// <summary>The caller lacks the permission for this process.</summary>
    Refused,

    /// <summary>/proc hides the process from the caller.</summary>
    Hidden,

    /// <summary>There are no descriptors, memory or epoll watches left. The next call may succeed.</summary>
    OutOfResources,

    /// <summary>The kernel lacks the call, or a security module forbids it.</summary>
    Unsupported,

    /// <summary>Other code of this program has closed the descriptor.</summary>
    BadDescriptor,
}

/// <summary>One row with an errno of a call, its meaning, and a hint for an operator.</summary>
internal readonly struct ErrnoRow(string call, Errno error, ErrnoMeaning meaning, string hint)
{
    public string Call { get; } = call;

    public Errno Error { get; } = error;

    public ErrnoMeaning Meaning { get; } = meaning;

    public string Hint { get; } = hint;
}

/// <summary>What each errno of each call means, from the manual pages and the kernel's sources.</summary>
internal static class ErrnoTable
{
    public const string PidFdOpen = "pidfd_open";
    public const string PidFdSendSignal = "pidfd_send_signal";
    public const string PidFdSignalGroup = "pidfd_send_signal(PIDFD_SIGNAL_PROCESS_GROUP)";
    public const string WaitId = "waitid(P_PIDFD)";
    public const string Poll = "poll";
    public const string EpollCreate = "epoll_create1";
    public const string EpollCtl = "epoll_ctl";
    public const string EpollWait = "epoll_wait";
    public const string Duplicate = "fcntl(F_DUPFD_CLOEXEC)";
    public const string Clone = "clone";
    public const string Kill = "kill";
    public const string Proc = "/proc";
    public const string NameToHandleAt = "name_to_handle_at";
    public const string OpenByHandleAt = "open_by_handle_at";

    private const string Any = "";
    private const string Seccomp = "seccomp or another security module forbids it. Allow the call in the container's profile";
    private const string NotPermitted = "not permitted. Run as the process's user or with CAP_KILL, or allow it in SELinux, AppArmor or seccomp";
    private const string OtherCodeClosedIt = "other code of this program has closed the descriptor";

    private static readonly ErrnoRow[] s_rows =
    [
        new(PidFdOpen, Errno.ESRCH, ErrnoMeaning.Gone, "no such process"),
        new(PidFdOpen, Errno.EINVAL, ErrnoMeaning.NotAProcess, "the id of a thread, not of a process"),
        new(PidFdOpen, Errno.ENOENT, ErrnoMeaning.NotAProcess, "the id of a thread, not of a process"),
        new(PidFdOpen, Errno.ENOSYS, ErrnoMeaning.Unsupported, "Linux older than 5.3 or seccomp"),
        new(PidFdOpen, Errno.EPERM, ErrnoMeaning.Unsupported, Seccomp),
        new(PidFdOpen, Errno.EACCES, ErrnoMeaning.Unsupported, Seccomp),
        new(PidFdOpen, Errno.ENODEV, ErrnoMeaning.OutOfResources, "the kernel has no anonymous inodes left"),

        new(PidFdSendSignal, Errno.ESRCH, ErrnoMeaning.Gone, "no such process"),
        new(PidFdSendSignal, Errno.EPERM, ErrnoMeaning.Refused, NotPermitted),
        new(PidFdSendSignal, Errno.EACCES, ErrnoMeaning.Refused, NotPermitted),
        new(PidFdSendSignal, Errno.ENOSYS, ErrnoMeaning.Unsupported, "Linux older than 5.1 or seccomp"),
        new(PidFdSendSignal, Errno.EINVAL, ErrnoMeaning.BadDescriptor, OtherCodeClosedIt),

        new(PidFdSignalGroup, Errno.ESRCH, ErrnoMeaning.Gone, "no process is in the group"),
        new(PidFdSignalGroup, Errno.EPERM, ErrnoMeaning.Refused, NotPermitted),
        new(PidFdSignalGroup, Errno.EACCES, ErrnoMeaning.Refused, NotPermitted),
        new(PidFdSignalGroup, Errno.EINVAL, ErrnoMeaning.Unsupported, "Linux older than 6.9"),
        new(PidFdSignalGroup, Errno.ENOSYS, ErrnoMeaning.Refused, Seccomp),

        new(Kill, Errno.ESRCH, ErrnoMeaning.Gone, "no such process"),
        new(Kill, Errno.EPERM, ErrnoMeaning.Refused, NotPermitted),
        new(Kill, Errno.EACCES, ErrnoMeaning.Refused, NotPermitted),

        new(WaitId, Errno.ECHILD, ErrnoMeaning.NotAChild, "no child of this process, or reaped"),
        new(WaitId, Errno.EINVAL, ErrnoMeaning.Unsupported, "Linux older than 5.4"),

        new(EpollCtl, Errno.ENOSPC, ErrnoMeaning.OutOfResources, "too many epoll watches. Raise fs.epoll.max_user_watches"),
        new(Clone, Errno.EAGAIN, ErrnoMeaning.OutOfResources, "too many threads. Raise RLIMIT_NPROC or pids.max of the cgroup"),

        new(Proc, Errno.ENOENT, ErrnoMeaning.Gone, "it is not mounted, or not for this PID namespace"),
        new(Proc, Errno.ESRCH, ErrnoMeaning.Gone, "no such process"),
        new(Proc, Errno.EACCES, ErrnoMeaning.Hidden, "/proc is mounted with hidepid, or a security module forbids it"),
        new(Proc, Errno.EPERM, ErrnoMeaning.Hidden, "/proc is mounted with hidepid, or a security module forbids it"),

        new(NameToHandleAt, Errno.EOPNOTSUPP, ErrnoMeaning.Unsupported, "Linux older than 6.14"),
        new(OpenByHandleAt, Errno.ESTALE, ErrnoMeaning.Gone, "the process has been reaped, or is not visible in this PID namespace"),
        new(OpenByHandleAt, Errno.ESRCH, ErrnoMeaning.Gone, "no such process"),

        new(Any, Errno.EBADF, ErrnoMeaning.BadDescriptor, OtherCodeClosedIt),
        new(Any, Errno.ENOSYS, ErrnoMeaning.Unsupported, "the kernel lacks the call, or seccomp"),
        new(Any, Errno.EPERM, ErrnoMeaning.Unsupported, Seccomp),
        new(Any, Errno.EACCES, ErrnoMeaning.Unsupported, Seccomp),
        new(Any, Errno.EMFILE, ErrnoMeaning.OutOfResources,
            "this process is out of file descriptors. Raise RLIMIT_NOFILE or dispose exited processes"),
        new(Any, Errno.ENFILE, ErrnoMeaning.OutOfResources, "the system is out of file descriptors. Raise fs.file-max"),
        new(Any, Errno.ENOMEM, ErrnoMeaning.OutOfResources, "the kernel is out of memory"),
        new(Any, Errno.EAGAIN, ErrnoMeaning.OutOfResources, "the kernel is out of a resource. Try again"),
    ];

    /// <summary>Gets the table, for the test that walks it.</summary>
    public static IReadOnlyList<ErrnoRow> Rows => s_rows;

    /// <summary>
    /// The row of a call and an errno. If the call has none for it, the row for any call, or <see langword="null"/> for an unknown errno.
    /// </summary>
    public static ErrnoRow? Find(string call, Errno error)
    {
        ErrnoRow? any = null;
        foreach (ErrnoRow row in s_rows)
        {
            if (row.Error == error && row.Call == call)
            {
                return row;
            }

            any = row.Error == error && row.Call.Length == 0 ? row : any;
        }

        return any;
    }

    /// <summary>Whether the errno has this meaning for at least one call.</summary>
    public static bool IsOfAnyCall(Errno error, ErrnoMeaning meaning)
    {
        foreach (ErrnoRow row in s_rows)
        {
            if (row.Error == error && row.Meaning == meaning)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns whether this errno of the call has the meaning. 0 is answered without the table, because it is no failure.</summary>
    public static bool Means(string call, Errno error, ErrnoMeaning meaning) => error != 0 && MeaningOf(call, error) == meaning;

    public static ErrnoMeaning MeaningOf(string call, Errno error) => Find(call, error)?.Meaning ?? ErrnoMeaning.Unknown;
}
