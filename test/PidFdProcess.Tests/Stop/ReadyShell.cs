using System.Diagnostics;

namespace PidFdProcess.Tests.Stop;

/// <summary>A child shell that has set its traps before the test goes on. The script reports that by <c>echo ready</c>.</summary>
internal static class ReadyShell
{
    public const string Obeys = "echo ready; exec sleep 1000";
    public const string Ignores = "trap '' TERM; echo ready; exec sleep 1000";
    public const string Reports = "trap 'exit 42' TERM; echo ready; while :; do sleep 0.01; done";

    public static Process Start(string script)
    {
        Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        Assert.AreEqual("ready", shell.StandardOutput.ReadLine());
        return shell;
    }
}
