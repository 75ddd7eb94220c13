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
    }

    private static async Task StopWithForceAsync(ProcessHandleRegistry registry)
    {
        using PipedProcess process = new("trap '' TERM; echo ready; while :; do sleep 0.05; done");
        PidFdExitStatus status = await registry.StopAsync(process, s_short).WaitAsync(Check.Limit);
        Check.Equal<int?>(137, status.ExitCode);
        Check.That(status.Canceled);
    }

    private static async Task WaitOrKillAsync(ProcessHandleRegistry registry)
    {
        using Process late = Shell.StartSleeper();
        PidFdExitStatus status = registry.WaitForExitOrKill(late, s_short);
        Check.That(status.Canceled && status.ExitCode == 137);

        using CancellationTokenSource source = new(s_short);
        using Process canceled = Shell.StartSleeper();
        status = await registry.WaitForExitOrKillAsync(canceled, source.Token).WaitAsync(Check.Limit);
        Check.That(status.Canceled && status.ExitCode == 137);

        using Process prompt = Shell.StartExiting(0);
        status = registry.WaitForExitOrKill(prompt, Check.Limit);
        Check.That(!status.Canceled && status.ExitCode == 0);
    }
}
