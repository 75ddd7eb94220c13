using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Hosts that are short of descriptors or of threads.</summary>
internal static class ShortHosts
{
    private const int BlockedItems = 60;
    private const int WarmUpSteps = 10;
    private const int Plenty = 500;

    // The pool starts about one thread a second, and another item may get it.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(2);

    private static int s_step;

    /// <summary>All calls still end. A tree is killed to its last member, or the call throws.</summary>
    public static void LeaveFewDescriptors(Random random)
    {
        using ProcessHandleRegistry registry = new();
        // The pool must not need another thread, because the runtime ends the program if it cannot start.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        LimitCases.FillThreadPool();
        ThreadPool.SetMinThreads(workers, completions);

        // Stock's waits take a thread, which takes descriptors to start.
        using Process first = Shell.StartSleeper();
        Task firstExit = first.WaitForExitAsync();
        Process[] children = [.. Enumerable.Range(0, 6).Select(_ => Shell.StartSleeper())];
        using PipedProcess tree = new("sleep 1000 & echo $!; sleep 1000 & echo $!; sleep 1000 & echo $!; wait");
        int[] members = [Host.Parse(tree.FirstLine), Host.Parse(tree.ReadLine()), Host.Parse(tree.ReadLine())];
        Process[] attached = [.. children.Where(_ => random.Next(2) == 0)];
        Array.ForEach(attached, child => registry.Attach(child));
        bool isKilled = true;
        ulong limit = Descriptors.Leave(s_step++ < WarmUpSteps ? Plenty : random.Next(2, 6));
        try
        {
            Task[] exits = Array.ConvertAll(children, child => registry.WaitForExitAsync(child));
            Check.That(!children.Any(registry.HasExited) && !registry.WaitForExit(children[0], 1));
            Array.ForEach(children, registry.Kill);
            Check.That(Task.WaitAll(exits, Check.Limit), "the waits do not end");
            try
            {
                registry.Kill(tree, entireProcessTree: true);
            }
            catch (Exception e) when (e is Win32Exception or IOException or AggregateException or OutOfMemoryException)
            {
                isKilled = false;
            }

            Check.That(children.All(child => child.ExitCode == 137));
        }
        finally
        {
            Descriptors.SetLimit(limit);
        }

        if (!isKilled)
        {
            // The exception has told that some may be left. They are orphans if the root is dead.
            registry.Kill(tree, entireProcessTree: true);
            Array.ForEach(members, Native.KillByPid);
        }

        Check.That(registry.WaitForExit(tree, (int)Check.Limit.TotalMilliseconds), "the root of the tree does not end");
        first.Kill();
        firstExit.Wait();
        Check.Eventually(() => members.All(id => ProcessTable.StateOf(id) is null or 'Z'));
        Array.ForEach(children, child => child.Dispose());
    }

    /// <summary>An asynchronous wait ends as early as stock's while every thread of the pool is blocked.</summary>
    public static void StarvePool()
    {
        using ManualResetEventSlim release = new();
        using CountdownEvent items = new(1);
        Check.Eventually(() =>
        {
            // The pool may have a thread for each item, because it keeps the threads of the last step for a while.
            if (ThreadPool.PendingWorkItemCount == 0)
            {
                BlockThreads(release, items);
            }

            return ThreadPool.PendingWorkItemCount is > 0 and < BlockedItems - 1;
        });
        try
        {
            TimeSpan stock = Measure(process => process.WaitForExitAsync());
            TimeSpan ours = Measure(process => process.WaitForExitPidFdAsync());
            TimeSpan status = Measure(process => process.WaitForExitStatusPidFdAsync());
            Check.That(
                ours < stock + s_slack && status < stock + s_slack,
                $"stock ended after {stock}, ours after {ours}, the status came after {status}");
        }
        finally
        {
            release.Set();
            items.Signal();
            items.Wait();
        }
    }

    private static void BlockThreads(ManualResetEventSlim release, CountdownEvent items)
    {
        items.AddCount(BlockedItems);
        for (int i = 0; i < BlockedItems; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    release.Wait();
                    items.Signal();
                },
                null);
        }
    }

    private static TimeSpan Measure(Func<Process, Task> wait)
    {
        using Process process = Shell.StartSleeper();
        Task exit = wait(process);
        long start = Stopwatch.GetTimestamp();
        Native.KillByPid(process.Id);
        Check.That(exit.Wait(Check.Limit), "the wait does not end");
        return Stopwatch.GetElapsedTime(start);
    }
}
