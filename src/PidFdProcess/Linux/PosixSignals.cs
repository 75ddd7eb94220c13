using System.Runtime.InteropServices;

namespace PidFdProcess.Linux;

/// <summary>The runtime's portable numbers of signals, which are negative, and those of Linux.</summary>
internal static class PosixSignals
{
    // PosixSignal.SIGKILL of .NET 11.
    private const int Kill = -11;

    /// <summary>The number on Linux of a portable value; 0 if it is none.</summary>
    public static int NumberOf(int portable) => portable switch
    {
        (int)PosixSignal.SIGHUP => SignalNumbers.SigHup,
        (int)PosixSignal.SIGINT => SignalNumbers.SigInt,
        (int)PosixSignal.SIGQUIT => SignalNumbers.SigQuit,
        (int)PosixSignal.SIGTERM => SignalNumbers.SigTerm,
        (int)PosixSignal.SIGCHLD => SignalNumbers.SigChld,
        (int)PosixSignal.SIGCONT => SignalNumbers.SigCont,
        (int)PosixSignal.SIGWINCH => SignalNumbers.SigWinch,
        (int)PosixSignal.SIGTTIN => SignalNumbers.SigTtin,
        (int)PosixSignal.SIGTTOU => SignalNumbers.SigTtou,
        (int)PosixSignal.SIGTSTP => SignalNumbers.SigTstp,
        Kill => SignalNumbers.SigKill,
        _ => 0,
    };

    /// <summary>The portable value of a number of Linux, or the number itself.</summary>
    public static PosixSignal Of(int number) => number switch
    {
        SignalNumbers.SigHup => PosixSignal.SIGHUP,
        SignalNumbers.SigInt => PosixSignal.SIGINT,
        SignalNumbers.SigQuit => PosixSignal.SIGQUIT,
        SignalNumbers.SigTerm => PosixSignal.SIGTERM,
        SignalNumbers.SigChld => PosixSignal.SIGCHLD,
        SignalNumbers.SigCont => PosixSignal.SIGCONT,
        SignalNumbers.SigWinch => PosixSignal.SIGWINCH,
        SignalNumbers.SigTtin => PosixSignal.SIGTTIN,
        SignalNumbers.SigTtou => PosixSignal.SIGTTOU,
        SignalNumbers.SigTstp => PosixSignal.SIGTSTP,
        _ => (PosixSignal)number,
    };
}
