using System.ComponentModel;

namespace PidFdProcess.Linux;

/// <summary>Describes a failed system call by its name, the name of the errno, and its most likely meaning.</summary>
internal static class SystemCallError
{
    /// <summary>Whether descriptors, memory or epoll watches were short. That may pass, so a later call may succeed.</summary>
    public static bool IsResource(Errno error) => error != 0 && ErrnoTable.IsOfAnyCall(error, ErrnoMeaning.OutOfResources);

    /// <summary>Whether a probe that failed may succeed next time. After EBADF it may, because other code has closed its descriptor.</summary>
    public static bool MayPass(Errno error) => error == Errno.EBADF || IsResource(error);

    /// <summary>For example <c>pidfd_open: ENOSYS (Linux older than 5.3 or seccomp)</c>.</summary>
    public static string Describe(string call, Errno error, string? hint = null) =>
        $"{call}: {Name(error)} ({hint ?? Hint(call, error)})";

    /// <summary>The exception for a failed call that no other call can replace.</summary>
    public static Win32Exception Failed(string call, Errno error, string? hint = null) => new((int)error, Describe(call, error, hint));

    /// <summary>
    /// The exception for a call without which the library has no answer. If a resource was short, a later call may succeed. Otherwise this platform
    /// does not have the answer.
    /// </summary>
    /// <param name="what">The beginning of the message, which says which answer is missing.</param>
    /// <param name="call">The call that failed.</param>
    /// <param name="error">Its errno.</param>
    /// <param name="more">What else failed.</param>
    public static Exception NoAnswer(string what, string call, Errno error, string more = "") => IsResource(error)
        ? Failed(call, error)
        : new PlatformNotSupportedException($"{what}: {Describe(call, error)}{more}.");

    /// <summary>The exception for a refused signal. Stock Kill throws the same type, but this one names the call and the process.</summary>
    public static Win32Exception SignalRefused(string call, int processId, int signal, Errno error)
    {
        bool isOfGroup = call == ErrnoTable.PidFdSignalGroup;
        string name = isOfGroup ? ErrnoTable.PidFdSendSignal : call;
        string target = isOfGroup ? "process group" : "process";
        return Failed($"{name}({SignalNumbers.NameOf(signal)}) to {target} {processId}", error, Hint(call, error));
    }

    /// <summary>The name that manual pages use, or the number of an errno that this library does not know.</summary>
    public static string Name(Errno error) => Enum.GetName(error) ?? $"errno {(int)error}";

    private static string Hint(string call, Errno error) =>
        ErrnoTable.Find(call, error)?.Hint ?? new Win32Exception((int)error).Message;
}
