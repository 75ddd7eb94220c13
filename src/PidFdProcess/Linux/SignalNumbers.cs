using System.Globalization;

namespace PidFdProcess.Linux;

/// <summary>The numbers of <c>signal(7)</c> on Linux. Alpha, SPARC, MIPS and PA-RISC have others, but .NET does not run on them.</summary>
internal static class SignalNumbers
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigBus = 7;
    public const int SigKill = 9;
    public const int SigUsr1 = 10;
    public const int SigSegv = 11;
    public const int SigUsr2 = 12;
    public const int SigTerm = 15;
    public const int SigStkFlt = 16;
    public const int SigChld = 17;
    public const int SigCont = 18;
    public const int SigStop = 19;
    public const int SigTstp = 20;
    public const int SigTtin = 21;
    public const int SigTtou = 22;
    public const int SigUrg = 23;
    public const int SigWinch = 28;
    public const int SigIO = 29;
    public const int SigPwr = 30;
    public const int SigSys = 31;

    public const int FirstRealTime = 32;

    /// <summary>The highest number, that of SIGRTMAX.</summary>
    public const int Max = 64;

    private static ReadOnlySpan<string> Names => new[]
    {
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    };

    /// <summary>The name of a signal, or the bare number of a real-time signal.</summary>
    public static string NameOf(int signal) =>
        signal >= 0 && signal < Names.Length ? Names[signal] : signal.ToString(CultureInfo.InvariantCulture);
}
