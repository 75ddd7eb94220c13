namespace PidFdProcess.Linux;

/// <summary>Keeps SIGCHLD from the calling thread until it is disposed, on the same thread. See <c>sigprocmask(2)</c>.</summary>
/// <remarks>
/// The kernel prefers the thread that forked the child for SIGCHLD. If that thread waits for the pidfd, it runs the runtime's handler before it can
/// read the resource usage, and the runtime reaps the child. With the mask set, another thread takes the signal, which is not faster than the wake-up
/// of this thread.
/// </remarks>
internal readonly unsafe ref struct SigChldMask
{
    private const int SigBlock = 0;
    private const int SigUnblock = 1;
    private const int SigChld = 17;

    private readonly bool _isOurs;

    private SigChldMask(bool isOurs) => _isOurs = isOurs;

    public static SigChldMask Set()
    {
        Libc.SigSet set = SigChldAlone();
        Libc.SigSet before = default;
        return new SigChldMask(Libc.SigProcMask(SigBlock, &set, &before) == 0 && (before[0] & set[0]) == 0);
    }

    public void Dispose()
    {
        if (_isOurs)
        {
            Libc.SigSet set = SigChldAlone();
            _ = Libc.SigProcMask(SigUnblock, &set, null);
        }
    }

    private static Libc.SigSet SigChldAlone()
    {
        Libc.SigSet set = default;
        set[0] = (nuint)1 << (SigChld - 1);
        return set;
    }
}
