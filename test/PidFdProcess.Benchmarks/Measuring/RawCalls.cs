using System.Runtime.InteropServices;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The system calls alone, numbers as on every architecture.</summary>
internal static unsafe partial class RawCalls
{
    private const int PidFdSendSignal = 424;
    private const int PidFdOpen = 434;

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

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }
}
