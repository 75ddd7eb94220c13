using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>A failed system call in words: the call, the errno by name, and what it most likely means.</summary>
internal static class SystemCallError
{
    /// <summary>Out of descriptors or memory: a passing state, so the next call may try again.</summary>
    public static bool IsResource(Errno error) =>
        error is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENODEV or Errno.ENOSPC or Errno.EAGAIN;

    /// <summary>Whether a signal was refused: by permissions (EPERM) or by a security module (EACCES).</summary>
    public static bool IsRefusal(Errno error) => error is Errno.EPERM or Errno.EACCES;

    /// <summary>For example <c>pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)</c>.</summary>
    public static string Describe(string call, Errno error, string? hint = null) =>
        $"{call}: {Name(error)} ({hint ?? Hint(call, error)})";

    /// <summary>The exception for a failed call that no other route can replace.</summary>
    public static Win32Exception Failed(string call, Errno error) => new((int)error, Describe(call, error));

    /// <summary>What stock Kill throws when the kernel refuses a signal, with the call and the process named.</summary>
    public static Win32Exception SignalRefused(string call, int processId, int signal, Errno error) => new(
        (int)error,
        $"{call}({SignalNumbers.NameOf(signal)}) to process {processId}: {Name(error)} ({Hint(call, error)})");

    /// <summary>The name as manual pages have it; a number for one that this library does not know.</summary>
    public static string Name(Errno error) => Enum.IsDefined(error) ? error.ToString() : $"errno {(int)error}";

    private static string Hint(string call, Errno error) =>
        ErrnoTable.Find(call, error)?.Hint ?? new Win32Exception((int)error).Message;
}
