namespace PidFdProcess.Linux;

// Constraints: the descriptors belong to the app first. A program of 256 that attaches 300 children must still be able to start the next one with
// pipes. How many descriptors are open can only be counted in /proc, which is slow.
//
// Scheme: the kernel gives out the lowest free number. A pidfd with a number in the last part of the limit says that nearly all below are taken.

/// <summary>RLIMIT_NOFILE of this process, see <c>getrlimit(2)</c>, and the part of it that attachments leave to the app.</summary>
internal static unsafe class DescriptorLimit
{
    private const int RLimitNoFile = 7;
    private const int LargestHeadroom = 256;

    private static int s_lastLimit;

    /// <summary>Whether an attachment may keep a descriptor with this number, so that a quarter of the limit (at most 256) stays free.</summary>
    public static bool LeavesHeadroom(int descriptor)
    {
        // The limit can be changed at any time. A number far below the last one read needs no question.
        if (descriptor < s_lastLimit / 2)
        {
            return true;
        }

        s_lastLimit = Read();
        return descriptor < s_lastLimit - Headroom(s_lastLimit);
    }

    public static int Headroom(int limit) => Math.Min(limit / 4, LargestHeadroom);

    /// <summary>The soft limit; without end, or if it cannot be read, the largest number.</summary>
    private static int Read()
    {
        ulong* limit = stackalloc ulong[2];
        nint result = Libc.SyscallPrLimit(SyscallNumbers.Current.PrLimit64, 0, RLimitNoFile, null, limit);
        return result == 0 && limit[0] < int.MaxValue ? (int)limit[0] : int.MaxValue;
    }
}
