using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>A process without room for descriptors. The stock methods do what can be done, and nothing crashes or hangs.</summary>
internal static class LimitCases
{
    public static Case[] All { get; } = [new("few-descriptors", Needs.Nothing, FewDescriptors)];

    /// <summary>The same where not even the probe has been run yet.</summary>
    public static Case AtFirstUse(int left) => new($"few-descriptors-at-first-use-{left}", Needs.Nothing, registry => Use(registry, left));

    private static void FewDescriptors(ProcessHandleRegistry registry)
    {
        for (int left = 0; left <= 3; left++)
        {
            Use(registry, left);
        }
    }

    private static void Use(ProcessHandleRegistry registry, int left)
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        FillThreadPool();

        // Stock's asynchronous wait throws if this thread of the pool cannot start. A wait that never ends keeps it.
        using AutoResetEvent never = new(false);
        RegisteredWaitHandle registered = ThreadPool.RegisterWaitForSingleObject(never, static (_, _) => { }, null, Timeout.Infinite, true);
        Process[] processes = Enumerable.Range(0, 6).Select(_ => Shell.StartSleeper()).ToArray();
        ulong limit = Descriptors.Leave(left);
        try
        {
            Task[] exits = Array.ConvertAll(processes, process => registry.WaitForExitAsync(process));
            Check.That(!exits.Any(exit => exit.IsCompleted));
            Check.That(!processes.Any(registry.HasExited));
            Check.That(!registry.WaitForExit(processes[0], 5));
            Array.ForEach(processes, registry.Kill);
            Check.That(Task.WaitAll(exits, Check.Limit));
            Check.That(processes.All(process => process.ExitCode == 137));
        }
        finally
        {
            Descriptors.SetLimit(limit);
            ThreadPool.SetMinThreads(workers, completions);
            registered.Unregister(null);
            Array.ForEach(processes, process =>
            {
                process.Kill();
                process.Dispose();
            });
        }

        // When there is room again, pidfds are used again.
        if (registry.Support.IsSupported)
        {
            using Process process = Shell.StartSleeper();
            Check.Equal(ProcessRoute.PidFd, registry.Attach(process).Route);
            registry.Kill(process);
            registry.WaitForExit(process, -1);
        }
    }

    /// <summary>
    /// Grows the pool before there is no room for descriptors. A thread of the runtime takes two to start, and the runtime ends the program when its
    /// pool cannot grow.
    /// </summary>
    public static void FillThreadPool() => PoolThreads.Add(24, Check.Limit);
}
