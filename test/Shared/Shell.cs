using System.Diagnostics;

namespace PidFdProcess.Shared;

/// <summary>Starts children. All of them are shells at first, because some environments have no other program.</summary>
internal static class Shell
{
    /// <summary>Gets or sets the path of the shell.</summary>
    public static string Path { get; set; } = "/bin/sh";

    /// <summary>Starts a child that runs the script.</summary>
    public static Process Start(string script) => Process.Start(Path, ["-c", script]);

    /// <summary>Starts a child that runs until it is killed.</summary>
    public static Process StartSleeper() => Start("exec sleep 1000");

    /// <summary>Starts a child that exits with the code at once.</summary>
    public static Process StartExiting(int code) => Start($"exit {code}");

    /// <summary>Starts a child that exits with the code as soon as its input is closed.</summary>
    public static Process StartExitingOnCommand(int code) => Process.Start(Info($"read line; exit {code}", redirectInput: true))!;

    public static ProcessStartInfo Info(string script, bool redirectInput = false, bool redirectOutput = false) =>
        new(Path, ["-c", script]) { RedirectStandardInput = redirectInput, RedirectStandardOutput = redirectOutput };
}
