using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DisableRuntimeMarshalling]

namespace PidFdProcess.Linux;

// The imports from the C library. The calls on pidfds go through syscall(2), because musl and older glibc have no wrappers for them. waitid does,
// too, because its wrapper hides the fifth argument (rusage). A SafeHandle argument makes the generated code hold a reference during the call.
internal static unsafe partial class Libc
{
    /// <summary><c>X_OK</c> of <c>access(2)</c>.</summary>
    public const int MayExecute = 1;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Syscall(nint number, nint arg1, nint arg2);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SyscallSendSignal(nint number, SafePidFdHandle pidFd, nint signal, nint info, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SyscallWaitId(nint number, nint idType, SafePidFdHandle pidFd, void* info, nint options, void* usage);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SyscallTgKill(nint number, nint processId, nint threadId, nint signal);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SyscallPrLimit(nint number, nint processId, nint resource, void* newLimit, void* oldLimit);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SyscallGetDents(nint number, nint fd, void* buffer, nint size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FcntlDuplicate(SafePidFdHandle pidFd, int command, nint minimum);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate1(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollCtl(SafeFileHandle epoll, int operation, SafePidFdHandle pidFd, void* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(SafeFileHandle epoll, void* events, int maxEvents, int milliseconds);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafePidFdHandle pidFd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    public static partial nint ReadLink(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processId, int signal);

    // The argument 0 is the calling process. The result is -1 if there is no process with this PID.
    [LibraryImport("libc", EntryPoint = "getpgid", SetLastError = true)]
    public static partial int GetGroupId(int processId);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    public static partial int SigAction(int signal, byte* action, byte* former);

    // Changes the mask of the calling thread, as pthread_sigmask does, which glibc before 2.32 has in another library.
    [LibraryImport("libc", EntryPoint = "sigprocmask")]
    public static partial int SigProcMask(int how, SigSet* set, SigSet* before);

    [LibraryImport("libc", EntryPoint = "usleep")]
    public static partial void SleepMicroseconds(uint microseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    /// <summary>The errno of a call that has just returned this result on this thread, or 0 if the result is not -1.</summary>
    public static Errno ErrnoOf(nint result) => result == -1 ? (Errno)Marshal.GetLastPInvokeError() : 0;

    /// <summary>
    /// <c>sigset_t</c>, which has 1024 bits in glibc and musl, in words of the machine. On 64-bit machines this struct has twice the room.
    /// </summary>
    [InlineArray(1024 / 32)]
    public struct SigSet
    {
        public nuint Word;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }
}
