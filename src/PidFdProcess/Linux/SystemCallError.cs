using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>A failed system call in words: the call, the errno by name, and what it most likely means.</summary>
internal static class SystemCallError
{
    /// <summary>Out of descriptors or memory: a passing state, so the next call may try again.</summary>
    public static bool IsResource(Errno error) =>
        error is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENODEV or Errno.ENOSPC or Errno.EAGAIN;

    /// <summary>For example <c>pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)</c>.</summary>
    public static string Describe(string call, Errno error, string? hint = null) =>
        $"{call}: {Name(error)} ({hint ?? Hint(call, error)})";

    /// <summary>The exception for a failed call that no other route can replace.</summary>
    public static Win32Exception Failed(string call, Errno error) => new((int)error, Describe(call, error));

    /// <summary>What stock Kill throws when the kernel refuses a signal, with the call and the process named.</summary>
    public static Win32Exception SignalRefused(string call, int processId, int signal, Errno error) => new(
        (int)error,
        $"{call}({SignalNumbers.NameOf(signal)}) to process {processId}: {Name(error)} ({Hint(call, error)})");

    /// <summary>Two names have one number, and manual pages speak of this one.</summary>
    private static string Name(Errno error) => error == Errno.EAGAIN ? nameof(Errno.EAGAIN) : error.ToString();

    private static string Hint(string call, Errno error) => error switch
    {
        _ when call == "/proc" => "it is not mounted, or not for this PID namespace",
        Errno.ENOSYS when call == "pidfd_open" => "Linux older than 5.3 or seccomp",
        Errno.ENOSYS when call == "pidfd_send_signal" => "Linux older than 5.1 or seccomp",
        Errno.ENOSYS => "the kernel lacks the call, or seccomp",
        Errno.EINVAL when call == "waitid(P_PIDFD)" => "Linux older than 5.4",
        Errno.EINVAL or Errno.ENOENT when call == "pidfd_open" => "the id of a thread, not of a process",
        Errno.EPERM when call is "pidfd_send_signal" or "kill" =>
            "not permitted: run as the process's user or with CAP_KILL",
        Errno.EPERM or Errno.EACCES => "seccomp or another security module forbids it; allow the call in the container's profile",
        Errno.ESRCH => "no such process",
        Errno.EMFILE => "this process is out of file descriptors; raise RLIMIT_NOFILE or dispose exited processes",
        Errno.ENFILE => "the system is out of file descriptors; raise fs.file-max",
        Errno.ENOSPC => "too many epoll watches; raise fs.epoll.max_user_watches",
        Errno.ENOMEM => "the kernel is out of memory",
        _ => new Win32Exception((int)error).Message,
    };
}
