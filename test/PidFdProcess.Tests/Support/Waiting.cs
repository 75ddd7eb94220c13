using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Support;

/// <summary>How a test waits for an exit.</summary>
public enum WaitKind
{
    Blocking,
    Timed,
    Asynchronous,
}

/// <summary>What happens to a Process object, or its registry, while others wait for the process.</summary>
public enum Closing
{
    DisposeProcess,
    CloseProcess,
    Detach,
    DisposeRegistry,
    Restart,
}

/// <summary>Waits and closings by name, for tests that run every pair of them.</summary>
internal static class Waiting
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Begins a wait. A blocking wait is in poll, on a thread of its own, when this returns.</summary>
    public static Task Begin(WaitKind kind, ProcessHandleRegistry registry, Process process) => kind == WaitKind.Asynchronous
        ? registry.WaitForExitAsync(process)
        : PollingThread.Start(() =>
        {
            Block(kind, registry, process);
            return true;
        });

    /// <summary>Waits on this thread.</summary>
    public static void Block(WaitKind kind, ProcessHandleRegistry registry, Process process)
    {
        switch (kind)
        {
            case WaitKind.Blocking:
                Assert.IsTrue(registry.WaitForExit(process, Timeout.Infinite));
                break;
            case WaitKind.Timed:
                Assert.IsTrue(registry.WaitForExit(process, (int)Limit.TotalMilliseconds));
                break;
            default:
                registry.WaitForExitAsync(process).GetAwaiter().GetResult();
                break;
        }
    }

    /// <summary>Holds the lock of an object on another thread. The lock is held when the method returns.</summary>
    public static Task HoldLock(Process process, ManualResetEventSlim release)
    {
        ManualResetEventSlim held = new();
        Task holder = Task.Factory.StartNew(
            () =>
            {
                lock (process)
                {
                    held.Set();
                    release.Wait(Limit);
                }
            },
            TaskCreationOptions.LongRunning);
        Assert.IsTrue(held.Wait(Limit));
        return holder;
    }

    public static void Act(Closing closing, ProcessHandleRegistry registry, Process process)
    {
        switch (closing)
        {
            case Closing.DisposeProcess:
                process.Dispose();
                break;
            case Closing.CloseProcess:
                process.Close();
                break;
            case Closing.Detach:
                registry.Detach(process);
                break;
            case Closing.DisposeRegistry:
                registry.Dispose();
                break;
            default:
                process.Start();
                break;
        }
    }
}
