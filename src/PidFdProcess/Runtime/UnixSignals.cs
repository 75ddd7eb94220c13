using System.Runtime.InteropServices;
using PidFdProcess.Linux;

namespace PidFdProcess.Runtime;

/// <summary>Signals by PID, and the numbers of signals.</summary>
internal static class UnixSignals
{
    private const int None = -1;

    /// <summary>The number of a signal on Linux. Translates the portable (negative) values, and checks the others.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number.</exception>
    public static int NumberOf(PosixSignal signal) =>
        PosixSignals.NumberOf((int)signal) is > 0 and var number ? number : Check((int)signal, nameof(signal));

    /// <summary>Checks a number of Linux.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number.</exception>
    public static int Check(int signal, string name) => signal is >= 0 and <= SignalNumbers.Max
        ? signal
        : throw new ArgumentOutOfRangeException(name, signal,
            $"Signals are numbered 1 to {SignalNumbers.Max}, see signal(7). 0 only looks whether the process is there.");

    /// <summary><c>kill(2)</c> by PID.</summary>
    /// <exception cref="PlatformNotSupportedException">Windows has no signals.</exception>
    public static Errno Kill(int processId, int signal)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException(
                $"Windows has no {SignalNumbers.NameOf(signal)} to send to process {processId}. Only SIGKILL works there, through Process.Kill.");
        }

        // The errnos that kill(2) knows have the same numbers everywhere.
        return Libc.ErrnoOf(Libc.Kill(processId, OperatingSystem.IsLinux() ? signal : ToBsd(signal)));
    }

    /// <summary>
    /// The number of a signal of Linux on macOS and the BSDs, which number some signals differently. For a signal that they lack it is -1, which
    /// <c>kill(2)</c> rejects with EINVAL.
    /// </summary>
    internal static int ToBsd(int signal) => signal switch
    {
        SignalNumbers.SigStkFlt or SignalNumbers.SigPwr or > SignalNumbers.SigSys => None,
        SignalNumbers.SigBus => 10,
        SignalNumbers.SigUsr1 => 30,
        SignalNumbers.SigUsr2 => 31,
        SignalNumbers.SigChld => 20,
        SignalNumbers.SigCont => 19,
        SignalNumbers.SigStop => 17,
        SignalNumbers.SigTstp => 18,
        SignalNumbers.SigUrg => 16,
        SignalNumbers.SigIO => 23,
        SignalNumbers.SigSys => 12,
        _ => signal,
    };
}
