namespace PidFdProcess.Linux;

/// <summary>The clock by which <c>/proc/PID/stat</c> tells when a process started.</summary>
internal static class BootClock
{
    /// <summary>
    /// Gets the time since the boot, by <c>clock_gettime(CLOCK_BOOTTIME)</c>. If a filter forbids the call, the answer is 0, which is before any
    /// program started.
    /// </summary>
    public static TimeSpan Now => LinuxPidFs.Instance.GetTimeSinceBoot(out TimeSpan time) == 0 ? time : TimeSpan.Zero;
}
