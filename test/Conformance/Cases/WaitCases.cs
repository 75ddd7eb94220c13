using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class WaitCases
{
    public static Case[] All { get; } =
    [
        new("wait-sync", Needs.Nothing, WaitSync),
        new("wait-timed", Needs.Nothing, WaitTimed),
        new("wait-async", Needs.Nothing, WaitAsync),
        new("wait-async-cancel", Needs.Nothing, CancelAsync),
        new("wait-reads-streams-to-the-end", Needs.Nothing, DrainAsync),
        new("wait-raises-exited-once", Needs.Nothing, RaiseExitedAsync),
        new("wait-ends-with-the-registry", Needs.PidFds, DisposeDuringWaitAsync),
        new("wait-for-any", Needs.Nothing, WaitForAnyAsync),
        new("foreign-exit", Needs.Nothing, ForeignExitAsync),
        new("foreign-zombie", Needs.PidFds, ForeignZombieAsync),
    ];

    private static void WaitSync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(5);
        Task<bool> exit = Task.Run(() => registry.WaitForExit(process, -1));
        process.StandardInput.Close();
        Check.That(exit.Wait(Check.Limit) && exit.Result);
        Check.Equal(5, process.ExitCode);
        Check.That(process.HasExited);
    }

    private static void WaitTimed(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(6);
        Check.That(!registry.WaitForExit(process, 0));
        long start = Stopwatch.GetTimestamp();
        Check.That(!registry.WaitForExit(process, 50));
        Check.That(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= 49);
        Check.Throws<ArgumentOutOfRangeException>(() => registry.WaitForExit(process, -2));
        process.StandardInput.Close();
        Check.That(registry.WaitForExit(process, 60_000));
        Check.That(registry.WaitForExit(process, 0));
    }

    private static async Task WaitAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(7);
        Task[] exits = [registry.WaitForExitAsync(process), registry.WaitForExitAsync(process), registry.WaitForExitAsync(process)];
        Check.That(!exits.Any(exit => exit.IsCompleted));
        process.StandardInput.Close();
        await Task.WhenAll(exits).WaitAsync(Check.Limit);
        Check.Equal(7, process.ExitCode);
        Check.That(registry.WaitForExitAsync(process).IsCompletedSuccessfully);
    }

    private static async Task CancelAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        using CancellationTokenSource source = new();
        Task other = registry.WaitForExitAsync(process);
        Task canceled = registry.WaitForExitAsync(process, source.Token);
        await source.CancelAsync();
        OperationCanceledException e = await Check.ThrowsAsync<OperationCanceledException>(canceled);
        Check.Equal(source.Token, e.CancellationToken);
        Check.That(!registry.HasExited(process) && !other.IsCompleted);
        registry.Kill(process);
        await other.WaitAsync(Check.Limit);
    }

    private static async Task DrainAsync(ProcessHandleRegistry registry)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Shell.Path, ["-c", "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done"])
            {
                RedirectStandardOutput = true,
            })!;
        int lines = 0;
        process.OutputDataReceived += (_, e) => lines += e.Data is null ? 0 : 1;
        process.BeginOutputReadLine();
        await registry.WaitForExitAsync(process).WaitAsync(Check.Limit);
        Check.Equal(2000, lines);
    }

    private static async Task RaiseExitedAsync(ProcessHandleRegistry registry)
    {
        int raised = 0;
        using Process process = Shell.StartSleeper();
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        process.EnableRaisingEvents = true;
        Task exit = registry.WaitForExitAsync(process);
        registry.Kill(process);
        await exit.WaitAsync(Check.Limit);
        registry.WaitForExit(process, -1);
        Check.Eventually(() => Volatile.Read(ref raised) > 0);
        Check.Equal(1, raised);
    }

    private static async Task DisposeDuringWaitAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        ProcessHandleRegistry other = new();
        Task exit = other.WaitForExitAsync(process);
        other.Dispose();
        await Check.ThrowsAsync<ObjectDisposedException>(exit);
        registry.Kill(process);
        registry.WaitForExit(process, -1);
    }

    private static async Task WaitForAnyAsync(ProcessHandleRegistry registry)
    {
        Process[] processes = [Shell.StartSleeper(), Shell.StartSleeper(), Shell.StartSleeper()];
        Task<Process> any = registry.WhenAnyExitAsync(processes);
        Check.That(!any.IsCompleted);
        registry.Kill(processes[1]);
        Check.That(ReferenceEquals(processes[1], await any.WaitAsync(Check.Limit)));
        foreach (Process process in processes)
        {
            registry.Kill(process);
            registry.WaitForExit(process, -1);
            process.Dispose();
        }
    }

    private static async Task ForeignExitAsync(ProcessHandleRegistry registry)
    {
        using NonChildProcess foreign = NonChildProcess.StartReaped();
        using Process process = registry.Open(foreign.Id);
        Task exit = registry.WaitForExitAsync(process);
        Check.That(!registry.WaitForExit(process, 10));
        foreign.Signal();
        await exit.WaitAsync(Check.Limit);
    }

    private static async Task ForeignZombieAsync(ProcessHandleRegistry registry)
    {
        using NonChildProcess foreign = NonChildProcess.StartUnreaped();
        using Process process = registry.Open(foreign.Id);
        Task exit = registry.WaitForExitAsync(process);
        registry.Kill(process);
        await exit.WaitAsync(Check.Limit);
        Check.That(registry.WaitForExit(process, -1));
        Check.That(registry.HasExited(process));

        // To stock it runs until its parent has reaped it.
        Check.That(Native.Kill(foreign.Id, 0) && !process.HasExited);
    }
}
