namespace PidFdProcess.Linux;

// Overview
//
// Keeps a part of the descriptors free for the app.
//
// Constraints: The app needs its descriptors more than this library. A program with a limit of 256 that attaches 300 children must still be able to
// start another child with pipes. Only /proc tells how many descriptors are open, and that is slow.
//
// Scheme: The kernel gives out the lowest free number. So if a pidfd gets a number in the last part of the limit, nearly all numbers below are taken.

/// <summary>RLIMIT_NOFILE of this process, see <c>getrlimit(2)</c>, and the part of it that attachments leave to the app.</summary>
internal static unsafe class DescriptorLimit
{
    private const int RLimitNoFile = 7;
    private const int LargestHeadroom = 256;

    // A program with more descriptors reads the limit at each attachment, which takes a small part of the time that pidfd_open takes.
    private const int UsualDescriptors = 128;

    private static int s_lastLimit;

    /// <summary>Whether an attachment may keep a descriptor with this number, so that a quarter of the limit (at most 256) stays free.</summary>
    public static bool LeavesHeadroom(int descriptor)
    {
        // The limit may change at any time. It is not read again for a number that is far below the last limit and any usual limit.
        if (descriptor < Math.Min(s_lastLimit / 2, UsualDescriptors))
        {
            return true;
        }

        s_lastLimit = Read();
        return descriptor < s_lastLimit - Headroom(s_lastLimit);
    }

    public static int Headroom(int limit) => Math.Min(limit / 4, LargestHeadroom);

    /// <summary>The soft limit, or the largest number if there is no limit or it cannot be read.</summary>
    private static int Read()
    {
        ulong* limit = stackalloc ulong[2];
        nint result = Libc.SyscallPrLimit(SyscallNumbers.Current.PrLimit64, 0, RLimitNoFile, null, limit);
        return result == 0 && limit[0] < int.MaxValue ? (int)limit[0] : int.MaxValue;
    }
}
