using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>When a process started, as <c>/proc/PID/stat</c> has it. It is about a PID, so check afterwards whose that was.</summary>
internal static class StartTime
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const int TicksPerSecond = 100;

    public static TimeSpan SinceBoot(ulong ticks) => TimeSpan.FromSeconds((double)ticks / TicksPerSecond);

    /// <summary>Reads the start ticks; <see langword="null"/> if the process is gone or hidden.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">Out of descriptors or the like, so that it is not known.</exception>
    public static ulong? Read(IKernel kernel, int processId) => kernel.ReadProcStat(processId, out ProcStat stat) switch
    {
        0 => (ulong)stat.StartTicks,
        Errno.ENOENT or Errno.ESRCH or Errno.EACCES or Errno.EPERM => null,
        Errno error => throw SystemCallError.Failed("/proc", error),
    };
}
