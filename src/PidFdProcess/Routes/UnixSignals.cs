using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Linux;

namespace PidFdProcess.Routes;

/// <summary>Signals without pidfd, and the numbers of signals.</summary>
internal static class UnixSignals
{
    /// <summary>The highest number, that of SIGRTMAX.</summary>
    public const int Max = 64;

    private const int None = -1;

    /// <summary>The number of a signal on Linux: translates the portable (negative) values, checks the others.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No signal has this number.</exception>
    public static int NumberOf(PosixSignal signal) => (int)signal switch
    {
        -1 => (int)Signum.SIGHUP,
        -2 => (int)Signum.SIGINT,
        -3 => (int)Signum.SIGQUIT,
        -4 => (int)Signum.SIGTERM,
        -5 => (int)Signum.SIGCHLD,
        -6 => (int)Signum.SIGCONT,
        -7 => (int)Signum.SIGWINCH,
        -8 => (int)Signum.SIGTTIN,
        -9 => (int)Signum.SIGTTOU,
        -10 => (int)Signum.SIGTSTP,
        // PosixSignal.SIGKILL of .NET 11.
        -11 => (int)Signum.SIGKILL,
        int number => Checked(number, nameof(signal)),
    };

    /// <inheritdoc cref="NumberOf(PosixSignal)"/>
    public static int NumberOf(Signum signal) => Checked((int)signal, nameof(signal));

    /// <summary><c>kill(2)</c> by PID.</summary>
    /// <exception cref="PlatformNotSupportedException">Windows has no signals.</exception>
    public static Errno Kill(int processId, int signal)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException(
                $"Windows has no {(Signum)signal} to send to process {processId}; only SIGKILL works there, as Process.Kill.");
        }

        // The errnos that kill(2) knows have the same numbers everywhere.
        int result = Libc.Kill(processId, OperatingSystem.IsLinux() ? signal : ToBsd(signal));
        return result == 0 ? 0 : (Errno)Marshal.GetLastPInvokeError();
    }

    /// <summary>macOS and the BSDs number some differently and lack others, for which kill(2) answers EINVAL.</summary>
    internal static int ToBsd(int signal) => (Signum)signal switch
    {
        Signum.SIGSTKFLT or Signum.SIGPWR or > Signum.SIGSYS => None,
        Signum.SIGBUS => 10,
        Signum.SIGUSR1 => 30,
        Signum.SIGUSR2 => 31,
        Signum.SIGCHLD => 20,
        Signum.SIGCONT => 19,
        Signum.SIGSTOP => 17,
        Signum.SIGTSTP => 18,
        Signum.SIGURG => 16,
        Signum.SIGIO => 23,
        Signum.SIGSYS => 12,
        _ => signal,
    };

    private static int Checked(int signal, string name) => signal is >= 0 and <= Max
        ? signal
        : throw new ArgumentOutOfRangeException(name, signal, $"Signals are numbered 1 to {Max}, see signal(7); 0 only looks whether the process is there.");
}
