namespace PidFdProcess.Linux;

/// <summary>
/// Distinguishes the id of a thread from that of a process. Both come from one range, and <c>kill(2)</c> accepts the id of any thread of a process.
/// </summary>
internal static class ThreadId
{
    /// <summary>
    /// Whether the id belongs to a thread that is not the first of its process. <c>tgkill(id, id, 0)</c> finds no thread of that process, while
    /// <c>kill(id, 0)</c> finds the process that owns the thread. Neither a free id nor that of a process gives this pair of answers.
    /// </summary>
    public static bool IsOfThread(int id) =>
        TgKill(id) == Errno.ESRCH && Kill(id) != Errno.ESRCH

        // The id may have got a new owner between the two calls.
        && TgKill(id) == Errno.ESRCH;

    private static Errno TgKill(int id) => Libc.ErrnoOf(Libc.SyscallTgKill(SyscallNumbers.Current.TgKill, id, id, signal: 0));

    private static Errno Kill(int id) => Libc.ErrnoOf(Libc.Kill(id, 0));
}
