using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>
/// <c>struct pidfd_info</c> of <c>linux/pidfd.h</c> in its first version (64 bytes), and the ioctl <c>PIDFD_GET_INFO</c> that fills it (Linux 6.13).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PidFdInfo
{
    /// <summary>PIDFD_INFO_PID, for the PIDs of the process and of its parent.</summary>
    public const ulong Pid = 1;

    /// <summary>
    /// PIDFD_INFO_EXIT, for the exit status (Linux 6.15). The kernel tells it after the process has been reaped, also for a non-child.
    /// </summary>
    public const ulong Exit = 1 << 3;

    // _IOWR(0xFF, 11, struct pidfd_info) with the size of the first version. The number is the same on every architecture.
    private const nuint Request = 0xC040FF0B;

    /// <summary>What the caller asks for, and after the call what the kernel has filled in.</summary>
    public ulong Mask;
    public ulong CgroupId;
    public int ThreadId;
    public int ProcessId;
    public int ParentId;
    public Owners Users;
    public int ExitCode;

    public static Errno Get(SafePidFdHandle pidFd, ulong mask, out PidFdInfo info)
    {
        PidFdInfo filled = new() { Mask = mask };
        Errno error = Libc.ErrnoOf(Libc.Ioctl(pidFd, Request, &filled));
        info = filled;
        return error;
    }

    /// <summary>Eight user and group IDs.</summary>
    [InlineArray(8)]
    public struct Owners
    {
        private int _first;
    }
}
