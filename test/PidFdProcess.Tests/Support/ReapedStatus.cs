namespace PidFdProcess.Tests.Support;

/// <summary>Whether a pidfd still tells how its process ended once that is reaped: <c>PIDFD_INFO_EXIT</c>, Linux 6.15.</summary>
internal static class ReapedStatus
{
    public static bool IsKept => OperatingSystem.IsOSPlatformVersionAtLeast("linux", 6, 15);

    public static void Require()
    {
        if (!IsKept)
        {
            Assert.Inconclusive("Before Linux 6.15 the status of a reaped process is a matter of luck.");
        }
    }
}
