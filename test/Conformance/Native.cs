using System.Runtime.InteropServices;
using PidFdProcess.Linux;

[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]

namespace PidFdProcess.Conformance;

/// <summary>System calls by PID and the like: what the library is checked against, or surrounded with.</summary>
internal static partial class Native
{
    public const int SigKill = 9;

    private const int GetDescriptorFlags = 1;
    private const int DescriptorLimit = 7;
    private const int DescriptorsLookedAt = 8192;
    private const nuint PidFdGetInfo = 0xC040FF0B;
    private const int PidFdInfoSize = 64;
    private const int FileSystemStatusSize = 256;
    private const int UtsNameLength = 65;
    private const int UtsNames = 6;
    private const int UtsRelease = 2;
    private const nint PidFileSystem = 0x50494446;
    private const nint AnonymousInodes = 0x09041934;

    /// <summary>Sends a signal by PID, as somebody else would.</summary>
    public static bool Kill(int processId, int signal) => KillCall(processId, signal) == 0;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint UserId();

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    /// <summary>
    /// Counts the open pidfds and epoll sets, without /proc. Files and pipes come and go with the runtime's assemblies and threads.
    /// </summary>
    public static int OpenDescriptors() => Enumerable.Range(0, DescriptorsLookedAt).Count(IsCounted);

    /// <summary>Lowers the soft limit until so many descriptors can be opened. Returns the limit that was.</summary>
    public static ulong LeaveDescriptors(int free)
    {
        int limit = 0;
        for (int left = free; left > 0 || IsOpen(limit); limit++)
        {
            left -= IsOpen(limit) ? 0 : 1;
        }

        Check.Equal(0, GetLimit(DescriptorLimit, out Limits old));
        SetDescriptorLimit((ulong)limit);
        return old.Soft;
    }

    public static void SetDescriptorLimit(ulong soft)
    {
        Check.Equal(0, GetLimit(DescriptorLimit, out Limits limits));
        limits.Soft = soft;
        Check.Equal(0, SetLimit(DescriptorLimit, in limits));
    }

    /// <summary>Gets what "uname -r" prints.</summary>
    public static unsafe string KernelRelease()
    {
        byte* names = stackalloc byte[UtsNames * UtsNameLength];
        Check.Equal(0, GetUtsNames(names));
        return Marshal.PtrToStringUTF8((nint)(names + (UtsRelease * UtsNameLength)))!;
    }

    /// <summary>Does ioctl PIDFD_GET_INFO work?</summary>
    public static unsafe bool HasPidFdInfo(SafePidFdHandle pidFd)
    {
        ulong* info = stackalloc ulong[PidFdInfoSize / sizeof(ulong)];
        new Span<ulong>(info, PidFdInfoSize / sizeof(ulong)).Clear();
        return Ioctl(pidFd, PidFdGetInfo, info) == 0;
    }

    private static unsafe bool IsCounted(int fd)
    {
        nint* status = stackalloc nint[FileSystemStatusSize / sizeof(nint)];
        return FileSystemStatus(fd, status) == 0 && *status is PidFileSystem or AnonymousInodes;
    }

    private static bool IsOpen(int fd) => Fcntl(fd, GetDescriptorFlags) != -1;

    [LibraryImport("libc", EntryPoint = "uname")]
    private static unsafe partial int GetUtsNames(byte* names);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int KillCall(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Fcntl(int fd, int command);

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static unsafe partial int FileSystemStatus(int fd, nint* status);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static unsafe partial int Ioctl(SafePidFdHandle pidFd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limits limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limits limits);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft;
        public ulong Hard;
    }
}
