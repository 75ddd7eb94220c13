using PidFdProcess.Diagnostics;
using PidFdProcess.Runtime;

namespace PidFdProcess.Handles;

/// <summary>Counts the exits that pidfds have reported, each once. Listeners of the meter are user code.</summary>
internal static class ExitCount
{
    /// <summary>Captures the status and counts the exit. For a thread that may run user code.</summary>
    public static void CaptureAndCountExit(ProcessHandle handle)
    {
        handle.CaptureExit();
        if (PidFdMetrics.CountsExits && handle.TryCountExit())
        {
            PidFdMetrics.Exited((handle.Exit?.Source ?? ExitStatusSource.Unknown).ToString());
        }
    }

    /// <summary>Does the same on the thread pool. For the event loop.</summary>
    public static void CaptureAndCountOnPool(ProcessHandle handle)
    {
        if (PidFdMetrics.CountsExits && handle.TryAddRef())
        {
            PoolWork.Queue(
                static counted =>
                {
                    CaptureAndCountExit(counted);
                    counted.Release();
                },
                handle);
        }
    }
}
