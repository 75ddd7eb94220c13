using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>Counts the open descriptors of this process without /proc, and limits how many it may open.</summary>
internal static unsafe class Descriptors
{
    private const int GetDescriptorFlags = 1;
    private const int LookedAt = 8192;
    private const nuint PidFdGetInfo = 0xC040FF0B;
    private const int PidFdInfoSize = 64;
    private const int FileSystemStatusSize = 256;
    private const nint PidFileSystem = 0x50494446;
    private const nint AnonymousInodes = 0x09041934;

    /// <summary>Counts the open pidfds and epoll sets. Files and pipes come and go with the runtime's assemblies and threads.</summary>
    public static int Count() => Enumerable.Range(0, LookedAt).Count(IsCounted);

    /// <summary>Lowers the soft limit until so many descriptors can be opened. Returns the former limit.</summary>
    public static ulong Leave(int free)
    {
        int limit = 0;
        for (int left = free; left > 0 || IsOpen(limit); limit++)
        {
            left -= IsOpen(limit) ? 0 : 1;
        }

        return SetLimit((ulong)limit);
    }

    /// <summary>Sets the soft limit. Returns the former one.</summary>
    public static ulong SetLimit(ulong soft)
    {
        Native.Limits limits;
        Check.Equal(0, Native.GetLimit(Native.DescriptorLimit, &limits));
        ulong old = limits.Soft;
        limits.Soft = soft;
        Check.Equal(0, Native.SetLimit(Native.DescriptorLimit, &limits));
        return old;
    }

    /// <summary>Returns whether the ioctl PIDFD_GET_INFO works.</summary>
    public static bool HasPidFdInfo(SafePidFdHandle pidFd)
    {
        ulong* info = stackalloc ulong[PidFdInfoSize / sizeof(ulong)];
        new Span<ulong>(info, PidFdInfoSize / sizeof(ulong)).Clear();
        return Native.Ioctl((int)pidFd.DangerousGetHandle(), PidFdGetInfo, info) == 0;
    }

    private static bool IsCounted(int fd)
    {
        nint* status = stackalloc nint[FileSystemStatusSize / sizeof(nint)];
        return Native.FileSystemStatus(fd, status) == 0 && *status is PidFileSystem or AnonymousInodes;
    }

    private static bool IsOpen(int fd) => Native.Fcntl(fd, GetDescriptorFlags, 0) != -1;
}
