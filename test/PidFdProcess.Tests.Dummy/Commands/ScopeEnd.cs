using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Leaves a scope open and ends in one of several ways. Prints a line when the processes run.</summary>
internal static class ScopeEnd
{
    // A child with a descendant, which both ignore SIGTERM.
    private const string Script = "trap '' TERM; sleep 1000 & echo started; exec sleep 1000";
    private const string Obedient = "trap 'exit 7' TERM; echo started; while :; do sleep 0.01; done";

    public static async Task RunAsync(string how)
    {
        ProcessScope scope = new(new ProcessScopeOptions
        {
            GracePeriod = TimeSpan.FromSeconds(20),
            KillOnParentExit = how == "kill",
            ForwardSignals = how == "forward" ? [PosixSignal.SIGTERM] : [],
        });
        Start(scope, how == "forward" ? Obedient : how == "kill" ? "echo started; exec sleep 1000" : Script);
        Console.WriteLine("ready");
        switch (how)
        {
            case "return":
                return;
            case "exit":
                Environment.Exit(3);
                return;
            case "throw":
                await Task.Yield();
                throw new InvalidOperationException("no code handles this");
            case "dispose-in-exit":
                AppDomain.CurrentDomain.ProcessExit += (_, _) => scope.Dispose();
                Environment.Exit(3);
                return;
            case "kill" or "forward":
                await Task.Delay(Timeout.Infinite);
                return;
            default:
                throw new ArgumentException($"no such way: {how}");
        }
    }

    private static void Start(ProcessScope scope, string script)
    {
        Process process = scope.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true });
        if (process.StandardOutput.ReadLine() != "started")
        {
            throw new InvalidOperationException("the script did not start");
        }
    }
}
