using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>
/// Translates between the runtime's portable numbers of signals (<see cref="PosixSignal"/>), which are negative, and those of Linux.
/// </summary>
internal static class PosixSignals
{
    private const int LowestPortable = -10;

    // SIGKILL.
    private const int LowestPortableSince11 = -11;

    private static readonly int s_runtimeVersion = Environment.Version.Major;

    /// <summary>The number on Linux of a portable value, or 0 for any other value. -11 exists since .NET 11.</summary>
    public static int NumberOf(int portable) => portable switch
    {
        -1 => SignalNumbers.SigHup,
        -2 => SignalNumbers.SigInt,
        -3 => SignalNumbers.SigQuit,
        -4 => SignalNumbers.SigTerm,
        -5 => SignalNumbers.SigChld,
        -6 => SignalNumbers.SigCont,
        -7 => SignalNumbers.SigWinch,
        -8 => SignalNumbers.SigTtin,
        -9 => SignalNumbers.SigTtou,
        -10 => SignalNumbers.SigTstp,
        -11 => SignalNumbers.SigKill,
        _ => 0,
    };

    /// <summary>The portable value that this runtime has for a number of Linux, or the number itself.</summary>
    public static PosixSignal Of(int number) => Of(number, s_runtimeVersion);

    /// <summary>The portable value that a runtime has for a number of Linux, or the number itself.</summary>
    /// <param name="number">The number.</param>
    /// <param name="runtimeVersion">The major version of the runtime.</param>
    public static PosixSignal Of(int number, int runtimeVersion)
    {
        int lowest = runtimeVersion >= 11 ? LowestPortableSince11 : LowestPortable;
        for (int portable = -1; portable >= lowest; portable--)
        {
            if (NumberOf(portable) == number)
            {
                return (PosixSignal)portable;
            }
        }

        return (PosixSignal)number;
    }
}
