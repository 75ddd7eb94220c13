using System.Runtime.InteropServices;

namespace PidFdProcess;

/// <summary>How a <see cref="ProcessScope"/> starts and stops its processes.</summary>
public sealed class ProcessScopeOptions
{
    private readonly IReadOnlyList<PosixSignal> _forwardSignals = [];
    private readonly ProcessHandleRegistry _registry = ProcessHandleRegistry.Default;

    /// <summary>Initializes options for a stop of all trees by SIGTERM, with 5 s until SIGKILL.</summary>
    public ProcessScopeOptions()
    {
    }

    /// <summary>
    /// Gets the time after the signal, which all processes share. The default is 5 s. The scope then kills the processes that are left. With
    /// <see cref="Timeout.InfiniteTimeSpan"/> (-1 ms) it never kills.
    /// </summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the signal that asks the processes to end. The default is SIGTERM. Positive values are the raw numbers of Linux.</summary>
    public PosixSignal Signal { get; init; } = PosixSignal.SIGTERM;

    /// <summary>Gets whether the descendants of the processes are signalled and killed, too. The default is <see langword="true"/>.</summary>
    public bool EntireProcessTree { get; init; } = true;

    /// <summary>
    /// Gets whether the kernel kills the processes that the scope starts when this program ends, even if this program is killed. See
    /// <c>PR_SET_PDEATHSIG</c> in <c>prctl(2)</c>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The child starts through <c>setpriv(1)</c>, a shell and <c>env(1)</c>. Each of them calls <c>execve(2)</c>, so that the PID, arguments,
    /// environment, working directory and redirections stay the same. <see cref="System.Diagnostics.Process.StartInfo"/> of the process shows the
    /// tools. If the program cannot be executed, the process ends with exit code 126 or 127, and the start throws no exception.
    /// </para>
    /// <para>
    /// The option does not cover descendants of the processes or processes that were given to <see cref="ProcessScope.Add"/>. It also does not cover
    /// programs that are set-user-ID, are set-group-ID or have file capabilities, because the kernel clears the setting for them.
    /// </para>
    /// <para>
    /// The kernel kills the processes when the thread that started them ends. Therefore one thread starts all of them and lives as long as the
    /// program. If this library is in a collectible <see cref="System.Runtime.Loader.AssemblyLoadContext"/>, that context is never unloaded.
    /// </para>
    /// </remarks>
    public bool KillOnParentExit { get; init; }

    /// <summary>Gets whether each process that the scope starts leads a session of its own, through <c>setsid(1)</c>.</summary>
    /// <remarks>
    /// A stop then also includes all processes of that session, so that processes whose parents have exited do not escape. A process escapes only if
    /// it has left both the tree and the session. For example, a daemon forks twice and calls <c>setsid(2)</c> in between. If
    /// <see cref="EntireProcessTree"/> is <see langword="false"/>, a stop spares the rest of the session. The processes have no terminal, and Ctrl+C
    /// does not reach them.
    /// </remarks>
    public bool NewSession { get; init; }

    /// <summary>Gets the signals of this program that stop the scope, each with the same signal. The default is none.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    /// <remarks>
    /// <para>
    /// After the stop, the program runs its other handlers of the signal, or ends. A host (<c>Microsoft.Extensions.Hosting</c>) handles the signals
    /// itself. In a program with a host, do not set this option, and stop the scope when the host stops.
    /// </para>
    /// <para>
    /// The terminal sends Ctrl+C (SIGINT), Ctrl+\ (SIGQUIT) and its hangup (SIGHUP) to all processes of its foreground group. The scope does not
    /// send these signals again to the processes that are in that group when this program gets the signal. This program cannot tell where a signal
    /// came from. If another program sends SIGINT to this one alone while it is in the foreground, the processes of the scope do not get it. They
    /// are killed after the grace period. SIGTERM is always forwarded, and so is each signal if the program is not in the foreground or if
    /// <see cref="NewSession"/> is set.
    /// </para>
    /// </remarks>
    public IReadOnlyList<PosixSignal> ForwardSignals
    {
        get => _forwardSignals;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _forwardSignals = value;
        }
    }

    /// <summary>Gets the registry that attaches the processes. The default is <see cref="ProcessHandleRegistry.Default"/>.</summary>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public ProcessHandleRegistry Registry
    {
        get => _registry;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _registry = value;
        }
    }
}
