using System.Runtime.InteropServices;

namespace PidFdProcess.Shared;

/// <summary>Functions of the C library that tests check the library against, or surround it with.</summary>
internal static unsafe partial class Native
{
    public const int SigKill = 9;

    /// <summary>The resource RLIMIT_NOFILE.</summary>
    public const int DescriptorLimit = 7;

    private const int ThreadClock = 3;

    /// <summary>Sends a signal by PID, as another program would. Returns whether the process existed.</summary>
    public static bool Kill(int processId, int signal) => KillCall(processId, signal) == 0;

    /// <summary>Sends SIGKILL to a process that is known to hold its PID, whatever became of the Process object.</summary>
    public static void KillByPid(int processId) => _ = KillCall(processId, SigKill);

    /// <summary>Returns the processor time of the calling thread, by CLOCK_THREAD_CPUTIME_ID.</summary>
    public static TimeSpan ThreadTime()
    {
        // struct timespec: seconds and nanoseconds, a word each.
        nint* time = stackalloc nint[2];
        return GetTime(ThreadClock, time) == 0
            ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromMicroseconds(time[1] / 1000.0)
            : throw new InvalidOperationException("clock_gettime failed.");
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint UserId();

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    public static partial int Fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    public static partial int FileSystemStatus(int fd, nint* status);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    public static partial int Ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "poll")]
    public static partial int Poll(PollFd* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "prctl")]
    public static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint argument1, nint argument2, nint argument3);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    public static partial int GetLimit(int resource, Limits* limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    public static partial int SetLimit(int resource, Limits* limits);

    [LibraryImport("libc", EntryPoint = "uname")]
    public static partial int GetUtsNames(byte* names);

    /// <summary>Sets the disposition of a signal.</summary>
    [LibraryImport("libc", EntryPoint = "signal")]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "ptrace")]
    public static partial nint Trace(nint request, int processId, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int processId, out int status, int options);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int PosixSpawn(out int processId, string path, nint actions, nint attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "system", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RunInShell(string command);

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, nint* time);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int KillCall(int processId, int signal);

    internal record struct PollFd(int Descriptor, short Events, short Returned);

    internal record struct Limits(ulong Soft, ulong Hard);
}
