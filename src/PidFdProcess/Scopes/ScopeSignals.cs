using System.Globalization;
using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Scopes;

/// <summary>
/// Forwards signals of this program to a scope. Stops the scope with the same signal, before the program itself handles the signal.
/// </summary>
internal sealed class ScopeSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    public ScopeSignals(SharedStop stop, IEnumerable<PosixSignal> signals)
    {
        foreach (PosixSignal signal in signals.Distinct())
        {
            int number = UnixSignals.NumberOf(signal);
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => stop.Wait(number, FromTerminal(number))));
        }
    }

    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());

    /// <summary>
    /// Returns which processes the terminal has already signalled. A terminal sends SIGINT, SIGQUIT and SIGHUP to its foreground group.
    /// </summary>
    private static Func<TreeMember, bool>? FromTerminal(int signal)
    {
        if (signal is not (SignalNumbers.SigInt or SignalNumbers.SigQuit or SignalNumbers.SigHup) || !OperatingSystem.IsLinux())
        {
            return null;
        }

        int group = Libc.GetGroupId(0);
        return ForegroundGroup() == group ? member => member.GroupId == group : null;
    }

    /// <summary>Returns the foreground group of the terminal (field 8 of <c>/proc/self/stat</c>), or -1 if there is none.</summary>
    private static int ForegroundGroup()
    {
        try
        {
            string stat = File.ReadAllText("/proc/self/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[5], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }
}
