using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Support;

/// <summary>Real processes for tests: children of ours, and foreign ones whose parent does as told.</summary>
internal static class TestProcesses
{
    /// <summary>A child that runs until it is killed.</summary>
    public static Process StartSleeper() => Process.Start("/bin/sleep", "1000");

    /// <summary>A child that exits at once with the code.</summary>
    public static Process StartExiting(int exitCode) => StartShell($"exit {exitCode}");

    /// <summary>A child shell that runs the script.</summary>
    public static Process StartShell(string script) => Process.Start("/bin/sh", ["-c", script]);

    /// <summary>Waits for a condition that another thread or process brings about. Fails the test after the limit.</summary>
    public static void WaitUntil(Func<bool> condition, string what, int limitMilliseconds = 30_000)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.IsLessThan(limitMilliseconds, watch.ElapsedMilliseconds, $"Not within {limitMilliseconds} ms: {what}");
            Thread.Sleep(1);
        }
    }

    /// <summary>Gets the state letter of /proc/PID/stat, or null if there is no such process.</summary>
    public static char? StateOf(int processId) => StatOf(processId)?[0][0];

    /// <summary>Gets the PID of the parent, or null if there is no such process.</summary>
    public static int? ParentOf(int processId) =>
        StatOf(processId) is { } stat ? int.Parse(stat[1], CultureInfo.InvariantCulture) : null;

    /// <summary>Gets the number of descriptors this process has open.</summary>
    public static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Gets the number of open descriptors that are pidfds.</summary>
    public static int OpenPidFds() => Directory.GetFileSystemEntries("/proc/self/fd").Count(IsPidFd);

    /// <summary>Gets the number of threads of this process.</summary>
    public static int Threads() => Directory.GetFileSystemEntries("/proc/self/task").Length;

    /// <summary>Reads what follows the name in /proc/PID/stat: the state, the parent, and more.</summary>
    private static string[]? StatOf(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsPidFd(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is { } target && (target.Contains("pidfd", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }
}
