using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

/// <summary>
/// Reads when a process started, from <c>/proc/PID/stat</c>. The file is about a PID, so the caller checks afterwards which process had the PID.
/// </summary>
internal static class StartTime
{
    /// <summary>Reads the start ticks. Returns <see langword="null"/> if the process is gone or hidden.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The file could not be read, for example because no descriptor is free.</exception>
    public static ulong? Read(IKernel kernel, int processId) => Read(kernel, processId, out _);

    /// <summary>Reads the start ticks, and tells the errno if there are none.</summary>
    /// <inheritdoc cref="Read(IKernel, int)"/>
    public static ulong? Read(IKernel kernel, int processId, out Errno error)
    {
        error = kernel.ReadProcStat(processId, out ProcStat stat);
        return error == 0 ? (ulong)stat.StartTicks
            : ProcChildren.IsAbsent(error) ? null
            : throw SystemCallError.Failed(ErrnoTable.Proc, error);
    }

    /// <summary>
    /// Returns whether the process that has the PID started at this time, or <see langword="null"/> if <c>/proc</c> hides the process. A hidden
    /// process is not gone.
    /// </summary>
    /// <inheritdoc cref="Read(IKernel, int)"/>
    public static bool? Is(IKernel kernel, int processId, ulong ticks) =>
        Read(kernel, processId, out Errno error) is { } found ? found == ticks : ProcChildren.IsGone(kernel, processId, error) ? false : null;
}
