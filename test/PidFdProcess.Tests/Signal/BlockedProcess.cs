using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Signal;

/// <summary>A child that blocks every signal. Signals to it stay pending, and <c>/proc/PID/status</c> shows their numbers.</summary>
internal sealed class BlockedProcess : IDisposable
{
    public BlockedProcess()
    {
        if (!HasEnv())
        {
            Assert.Inconclusive("This env(1) has no --block-signal.");
        }

        Process = Process.Start("env", ["--block-signal", "sleep", "1000"]);
        TestProcesses.WaitUntil(() => Set("SigBlk") != 0, "the child blocks signals");
    }

    public Process Process { get; }

    public bool IsPending(int signal) => (Set("ShdPnd") & (1UL << (signal - 1))) != 0;

    /// <summary>The pending signals by number, as bits.</summary>
    public ulong Pending() => Set("ShdPnd");

    public void Dispose()
    {
        Process.Kill();
        Process.WaitForExit();
        Process.Dispose();
    }

    private static bool HasEnv()
    {
        using Process env = Process.Start(new ProcessStartInfo("env", ["--block-signal", "true"]) { RedirectStandardError = true })!;
        env.WaitForExit();
        return env.ExitCode == 0;
    }

    private ulong Set(string name) => ulong.Parse(
        File.ReadLines($"/proc/{Process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split('\t')[1],
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);
}
