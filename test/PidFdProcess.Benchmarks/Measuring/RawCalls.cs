using System.Runtime.InteropServices;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The system calls alone, numbers as on every architecture.</summary>
internal static unsafe partial class RawCalls
{
    private const int PidFdSendSignal = 424;
    private const int PidFdOpen = 434;
    private const int NumberOfFiles = 7;
    private const int UsageOfChildren = -1;

    /// <summary>
    /// Lets this process and those that it starts have so many descriptors, or as many as it may. More than the hard limit needs a capability.
    /// </summary>
    /// <returns>How many are allowed now, which may be fewer.</returns>
    public static int AllowDescriptors(int count)
    {
        ResourceLimit limit;
        if (GetLimit(NumberOfFiles, &limit) == 0 && limit.Soft < (nuint)count)
        {
            ResourceLimit higher = new() { Soft = (nuint)count, Hard = nuint.Max(limit.Hard, (nuint)count) };
            if (SetLimit(NumberOfFiles, &higher) != 0)
            {
                // Not even root may raise the hard limit in some containers.
                higher = limit with { Soft = limit.Hard };
                _ = SetLimit(NumberOfFiles, &higher);
                return (int)nuint.Min(limit.Hard, (nuint)count);
            }
        }

        return count;
    }

    /// <summary>What all children that were reaped have used.</summary>
    public static TimeSpan ProcessorTimeOfChildren()
    {
        ResourceUsage usage;
        _ = GetUsage(UsageOfChildren, &usage);
        return TimeSpan.FromSeconds(usage.UserSeconds + usage.SystemSeconds)
            + TimeSpan.FromMicroseconds(usage.UserMicroseconds + usage.SystemMicroseconds);
    }

    public static void Kill(int processId) => _ = Kill(processId, 9);

    public static void SendSignal(SafePidFdHandle pidFd, int signal) => Syscall(PidFdSendSignal, pidFd, signal, 0, 0);

    /// <summary>Has it exited within that time? A signal handler ends the wait early.</summary>
    public static bool Poll(SafePidFdHandle pidFd, int milliseconds)
    {
        bool referenced = false;
        try
        {
            pidFd.DangerousAddRef(ref referenced);
            PollFd fd = new() { Fd = (int)pidFd.DangerousGetHandle(), Events = 1 };
            return Poll(&fd, 1, milliseconds) == 1;
        }
        finally
        {
            if (referenced)
            {
                pidFd.DangerousRelease();
            }
        }
    }

    public static SafePidFdHandle Open(int processId) => new(Syscall(PidFdOpen, processId, 0), ownsHandle: true);

    public static void OpenAndClose(int processId) => _ = Close((int)Syscall(PidFdOpen, processId, 0));

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, SafePidFdHandle pidFd, nint signal, nint info, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint processId, nint flags);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ResourceUsage* usage);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public nuint Soft;
        public nuint Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceUsage
    {
        public nint UserSeconds;
        public nint UserMicroseconds;
        public nint SystemSeconds;
        public nint SystemMicroseconds;
        public fixed long Others[14];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }
}
