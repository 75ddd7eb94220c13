using System.Runtime.InteropServices;

namespace PidRun;

/// <summary>The exit codes that are not those of the command. They are the same as of timeout(1).</summary>
internal static class ExitCodes
{
    public const int TimedOut = 124;
    public const int Failed = 125;
    public const int CannotInvoke = 126;
    public const int NotFound = 127;
    public const int Killed = 137;

    /// <summary>What a shell says of a process that this signal ended.</summary>
    public static int Of(PosixSignal signal) => 128 + signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };
}
