using System.Globalization;
using System.Runtime.InteropServices;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Scopes;

/// <summary>
/// Forwards signals of this program to a scope. Stops the scope with the same signal, before the program itself handles the signal.
/// </summary>
internal sealed class ScopeSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private bool _isDisposed;

    /// <exception cref="IOException">A signal cannot be handled. None of them is forwarded.</exception>
    public ScopeSignals(SharedStop stop, IEnumerable<PosixSignal> signals)
    {
        // Before the others, so that the runtime calls it last. These handlers do not cancel SIGTERM.
        DefaultSigTerm.Handle();
        try
        {
            foreach (PosixSignal signal in signals.Distinct())
            {
                int number = UnixSignals.NumberOf(signal);
                _registrations.Add(PosixSignalRegistration.Create(signal, _ => stop.Wait(number, FromTerminal(number))));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        lock (_registrations)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _registrations.ForEach(static registration => registration.Dispose());
                DefaultSigTerm.Release();
            }
        }
    }

    /// <summary>
    /// Returns which processes the terminal has signalled. It sends SIGINT, SIGQUIT and SIGHUP to all processes that are in its foreground group at
    /// that time. Processes that start later have not got the signal.
    /// </summary>
    private static Func<TreeMember, bool>? FromTerminal(int signal)
    {
        if (signal is not (SignalNumbers.SigInt or SignalNumbers.SigQuit or SignalNumbers.SigHup) || !OperatingSystem.IsLinux())
        {
            return null;
        }

        int group = Libc.GetGroupId(0);
        if (ForegroundGroup() != group)
        {
            return null;
        }

        HashSet<(int Id, long StartTicks)> members = MembersOf(group);
        return member => members.Contains((member.Id, member.StartTicks));
    }

    private static HashSet<(int Id, long StartTicks)> MembersOf(int group)
    {
        IKernel kernel = PidFdPlatform.Shared.Kernel;
        List<int> ids = [];
        kernel.ListProcesses(ids);
        HashSet<(int Id, long StartTicks)> members = [];
        foreach (int id in ids)
        {
            if (kernel.ReadProcStat(id, out ProcStat stat) == 0 && stat.GroupId == group)
            {
                members.Add((id, stat.StartTicks));
            }
        }

        return members;
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
