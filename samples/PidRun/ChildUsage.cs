using System.Runtime.InteropServices;
using PidFdProcess;

namespace PidRun;

/// <summary>
/// What the children of this program used, as getrusage(2) counts them once they are reaped. For a program with one child, an answer also
/// when the runtime was quicker to reap it than the pidfd to read it.
/// </summary>
internal static partial class ChildUsage
{
    private const int RUSAGE_CHILDREN = -1;

    public static ProcessResourceUsage? Get()
    {
        nint[] usage = new nint[18];
        return getrusage(RUSAGE_CHILDREN, usage) == 0
            ? new ProcessResourceUsage(Time(usage[0], usage[1]), Time(usage[2], usage[3]), (long)usage[4] * 1024)
            : null;
    }

    private static TimeSpan Time(nint seconds, nint microseconds) => TimeSpan.FromSeconds((long)seconds, 0, microseconds);

    [LibraryImport("libc")]
    private static partial int getrusage(int who, [Out] nint[] usage);
}
