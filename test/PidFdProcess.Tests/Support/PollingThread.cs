namespace PidFdProcess.Tests.Support;

/// <summary>Tells whether a thread of this process blocks in poll(2).</summary>
internal static class PollingThread
{
    /// <summary>Gets the calling thread's directory in /proc.</summary>
    public static string Path => new FileInfo("/proc/thread-self").ResolveLinkTarget(returnFinalTarget: false)!.FullName;

    // poll(2) is 7 on x64; elsewhere libc makes it ppoll(2), 73.
    public static bool IsInPoll(string path) => File.ReadAllText(path + "/syscall").Split(' ')[0] is "7" or "73" or "168" or "336";
}
