using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>Children for tests, and counts of what this process has open.</summary>
internal static class TestProcesses
{
    /// <summary>A child that runs until it is killed.</summary>
    public static Process StartSleeper() => Process.Start("/bin/sleep", "1000");

    /// <summary>A child that exits at once with the code.</summary>
    public static Process StartExiting(int exitCode) => StartShell($"exit {exitCode}");

    /// <summary>A child shell that runs the script.</summary>
    public static Process StartShell(string script) => Process.Start("/bin/sh", ["-c", script]);

    /// <summary>Waits for a condition that another thread or process brings about. Fails the test after the limit.</summary>
    public static void WaitUntil(Func<bool> condition, string what, int limitMilliseconds = 30_000) =>
        Condition.WaitFor(condition, what, TimeSpan.FromMilliseconds(limitMilliseconds));

    /// <summary>Gives up the test if the process ignores SIGINT. Programs inherit that, and a shell cannot trap a signal that it ignores.</summary>
    public static void RequireSigint(int processId)
    {
        if (ProcessTable.Ignores(processId, (int)Signum.SIGINT))
        {
            Assert.Inconclusive("This test run ignores SIGINT, as every program that a shell starts in the background.");
        }
    }

    public static char? StateOf(int processId) => ProcessTable.StateOf(processId);

    /// <summary>Waits until a process sleeps, so that it is neither stopped nor dead.</summary>
    public static void WaitUntilAsleep(int processId, string? what = null) =>
        WaitUntil(() => StateOf(processId) == 'S', what ?? $"process {processId} sleeps, and is neither stopped nor dead");

    public static int? ParentOf(int processId) => ProcessTable.ParentOf(processId);

    /// <summary>Gets the number of descriptors this process has open.</summary>
    public static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Gets the number of open descriptors that are pidfds.</summary>
    public static int OpenPidFds() => ProcessTable.OwnPidFds();

    /// <summary>Gets the number of threads of this process.</summary>
    public static int Threads() => Directory.GetFileSystemEntries("/proc/self/task").Length;
}
