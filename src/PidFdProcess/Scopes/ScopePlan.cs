using System.Runtime.InteropServices;
using PidFdProcess.Calls;
using PidFdProcess.Runtime;

namespace PidFdProcess.Scopes;

/// <summary>The options of a scope in numbers, after their check.</summary>
internal sealed record ScopePlan(int Signal, int GraceMilliseconds, bool EntireProcessTree, bool KillOnParentExit, bool NewSession)
{
    /// <summary>How long a stop waits for the exits after SIGKILL. The kill itself has the rest of the second that a stop may take.</summary>
    public const int KillMilliseconds = 800;

    /// <exception cref="ArgumentOutOfRangeException">No signal has the number, or the time is out of range.</exception>
    public static ScopePlan Of(ProcessScopeOptions options)
    {
        foreach (PosixSignal signal in options.ForwardSignals)
        {
            UnixSignals.NumberOf(signal);
        }

        return new ScopePlan(
            UnixSignals.NumberOf(options.Signal),
            Durations.Milliseconds(options.GracePeriod, nameof(options)),
            options.EntireProcessTree,
            options.KillOnParentExit,
            options.NewSession);
    }
}
