using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>Counts the descriptors, zombies and threads that a test may leave behind in this process.</summary>
internal static class ResourceCounts
{
    // The kernel keeps 15 characters of a thread's name.
    private static readonly string s_loopName = ExitEventLoop.ThreadName[..15];

    /// <summary>Closes the pidfds that earlier tests left to the garbage collector, and counts the pidfds that stay open.</summary>
    public static int PidFdBaseline()
    {
        ProcessHandleRegistry.Default.Dispose();
        Collect();
        return TestProcesses.OpenPidFds();
    }

    /// <summary>Waits until no more pidfds are open than before.</summary>
    public static void WaitForPidFds(int before) =>
        TestProcesses.WaitUntil(() => TestProcesses.OpenPidFds() <= before, $"no more than {before} pidfds are open");

    /// <summary>Collects all that is garbage. A Process object has a finalizer, and so has the handle behind it.</summary>
    public static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            CollectOnce();
        }
    }

    /// <summary>Collects what no code references and no finalizer keeps, and waits for the finalizers.</summary>
    public static void CollectOnce()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    /// <summary>Collects all that is garbage, and counts the objects that stay.</summary>
    public static int CollectAndCount(List<WeakReference<Process>> processes)
    {
        Collect();
        return processes.Count(static process => process.TryGetTarget(out _));
    }

    /// <summary>Counts the exited children of this process that are not reaped.</summary>
    public static int ZombieChildren() => ProcessTable.OwnChildren().Count(static id => ProcessTable.StateOf(id) == 'Z');

    /// <summary>Counts the threads of event loops in this process.</summary>
    public static int EventLoopThreads() => EventLoopThreadsOf(Environment.ProcessId);

    /// <summary>Counts the threads of event loops in a process.</summary>
    public static int EventLoopThreadsOf(int processId) => ProcessTable.CountThreads(processId, s_loopName);
}
