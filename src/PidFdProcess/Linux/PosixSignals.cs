using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>
/// Translates between the runtime's portable numbers of signals (<see cref="PosixSignal"/>), which are negative, and those of Linux.
/// </summary>
internal static class PosixSignals
{
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

    /// <summary>The portable value of a number of Linux, or the number itself.</summary>
    public static PosixSignal Of(int number)
    {
        // Without SIGKILL, whose portable value exists only since .NET 11.
        for (int portable = -1; portable >= -10; portable--)
        {
            if (NumberOf(portable) == number)
            {
                return (PosixSignal)portable;
            }
        }

        return (PosixSignal)number;
    }
}
