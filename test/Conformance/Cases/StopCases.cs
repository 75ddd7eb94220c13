using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class StopCases
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    public static Case[] All { get; } =
    [
        new("stop-in-time", Needs.Nothing, StopInTimeAsync),
        new("stop-with-force", Needs.Nothing, StopWithForceAsync),
        new("wait-or-kill", Needs.Nothing, WaitOrKillAsync),
    ];

    private static async Task StopInTimeAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        PidFdExitStatus status = await registry.StopAsync(process, Check.Limit).WaitAsync(Check.Limit);
        Check.Equal<int?>(143, status.ExitCode);
        Check.That(!status.Canceled);
        Check.Equal(status.Source == ExitStatusSource.Runtime ? "exited 143 or killed by SIGTERM" : "killed by SIGTERM", status.ToString());

        // Its own way to end, and no limit.
        using PipedProcess reports = new("trap 'exit 42' TERM; echo ready; while :; do sleep 0.01; done");
        status = await registry.StopAsync(reports, Timeout.InfiniteTimeSpan).WaitAsync(Check.Limit);
        Check.Equal("exited 42", status.ToString());
    }

    private static async Task StopWithForceAsync(ProcessHandleRegistry registry)
    {
        foreach (TimeSpan grace in (TimeSpan[])[s_short, TimeSpan.Zero])
        {
            using PipedProcess process = new("trap '' TERM; echo ready; exec sleep 1000");
            long start = Stopwatch.GetTimestamp();
            PidFdExitStatus status = await registry.StopAsync(process, grace).WaitAsync(Check.Limit);
            RequireTime(start, grace);
            RequireKill(status);
        }
    }

    private static async Task WaitOrKillAsync(ProcessHandleRegistry registry)
    {
        foreach (TimeSpan timeout in (TimeSpan[])[s_short, TimeSpan.Zero])
        {
            using Process late = Shell.StartSleeper();
            long start = Stopwatch.GetTimestamp();
            RequireKill(registry.WaitForExitOrKill(late, timeout));
            RequireTime(start, timeout);

            // The status needs no reap, and ExitCode does.
            await registry.WaitForExitAsync(late);
            Check.Equal(137, late.ExitCode);
        }

        using CancellationTokenSource source = new();
        using Process canceled = Shell.StartSleeper();
        Task<PidFdExitStatus> wait = registry.WaitForExitOrKillAsync(canceled, source.Token);
        Check.That(!wait.IsCompleted);
        await source.CancelAsync();
        RequireKill(await wait.WaitAsync(Check.Limit));
        await registry.WaitForExitAsync(canceled);
        Check.Equal(137, canceled.ExitCode);

        // Cancelled before the call, it kills at once.
        using Process atOnce = Shell.StartSleeper();
        RequireKill(await registry.WaitForExitOrKillAsync(atOnce, source.Token).WaitAsync(Check.Limit));

        // A process that exits in time, or has exited, is not killed.
        using Process prompt = Shell.StartExiting(4);
        foreach (TimeSpan timeout in (TimeSpan[])[Check.Limit, TimeSpan.Zero, Timeout.InfiniteTimeSpan])
        {
            Check.Equal("exited 4", registry.WaitForExitOrKill(prompt, timeout).ToString());
        }

        PidFdExitStatus status = await registry.WaitForExitOrKillAsync(prompt, source.Token).WaitAsync(Check.Limit);
        Check.That(!status.Canceled && status.ExitCode == 4, status.ToString());
    }

    private static void RequireKill(PidFdExitStatus status)
    {
        Check.That(status.Canceled, status.ToString());
        Check.Equal<int?>(137, status.ExitCode);
        Check.Equal(
            status.Source == ExitStatusSource.Runtime ? "exited 137 or killed by SIGKILL (canceled)" : "killed by SIGKILL (canceled)",
            status.ToString());
    }

    // A timer may be early by the tick of a coarse clock.
    private static void RequireTime(long start, TimeSpan least) =>
        Check.That(Stopwatch.GetElapsedTime(start) >= least - TimeSpan.FromMilliseconds(10));
}
