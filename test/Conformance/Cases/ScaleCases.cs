using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class ScaleCases
{
    private const int Count = 1000;

    public static Case[] All { get; } =
    [
        new("thousand-waits", Needs.PidFds, ThousandWaitsAsync),
        new("many-threads", Needs.Nothing, ManyThreadsAsync),
    ];

    private static async Task ThousandWaitsAsync(ProcessHandleRegistry registry)
    {
        Process[] processes = Enumerable.Range(0, Count).Select(_ => Shell.StartSleeper()).ToArray();
        int before = Threads();
        Task[] exits = Array.ConvertAll(processes, process => registry.WaitForExitAsync(process));
        Check.That(!exits.Any(exit => exit.IsCompleted));

        // The event loop is one thread. The others belong to the runtime, which ends them when it likes.
        Check.Eventually(() => Threads() <= before + 10);
        Array.ForEach(processes, registry.Kill);
        await Task.WhenAll(exits).WaitAsync(Check.Limit);
        Check.That(processes.All(process => process.ExitCode == 137));
        Array.ForEach(processes, process => process.Dispose());
    }

    private static async Task ManyThreadsAsync(ProcessHandleRegistry registry)
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                using Process process = Shell.StartSleeper();
                Task exit = registry.WaitForExitAsync(process);
                registry.Detach(process);
                registry.Kill(process);
                await exit;
                Check.Equal(137, process.ExitCode);
            }
        }))).WaitAsync(Check.Limit);
    }

    private static int Threads() => ProcessTable.Exists ? Directory.GetFileSystemEntries("/proc/self/task").Length : 0;
}
