using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

// The imports of LinuxPidFs. statx goes through syscall(2), because musl before 1.2.5 has no wrapper.
internal static unsafe partial class PidFsCalls
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SyscallStatX(nint number, SafePidFdHandle directory, byte* path, nint flags, nint mask, void* status);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    public static partial int FileSystemStatus(SafePidFdHandle descriptor, void* status);

    [LibraryImport("libc", EntryPoint = "name_to_handle_at", SetLastError = true)]
    public static partial int NameToHandleAt(SafePidFdHandle directory, byte* path, void* handle, int* mountId, int flags);

    [LibraryImport("libc", EntryPoint = "open_by_handle_at", SetLastError = true)]
    public static partial int OpenByHandleAt(SafePidFdHandle mount, void* handle, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(SafePidFdHandle descriptor, int command);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int GetParentId();

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, TimeSpec* time);

    /// <summary>
    /// <c>struct timespec</c>. In glibc and in musl, clock_gettime takes words of the machine for both fields, also on 32-bit machines.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
