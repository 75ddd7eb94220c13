using System.Runtime.InteropServices;

namespace PidFdProcess;

/// <summary>How a <see cref="ProcessScope"/> starts and stops its processes.</summary>
public sealed class ProcessScopeOptions
{
    /// <summary>Initializes options for a stop of all trees by SIGTERM, with 5 s until SIGKILL.</summary>
    public ProcessScopeOptions()
    {
    }

    /// <summary>
    /// Gets the time that all processes have together after the signal, 5 s by default. What is left is killed.
    /// -1 ms (<see cref="Timeout.InfiniteTimeSpan"/>) never kills.
    /// </summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the signal that asks for the end, SIGTERM by default. Positive values are the raw numbers of Linux.</summary>
    public PosixSignal Signal { get; init; } = PosixSignal.SIGTERM;

    /// <summary>Gets whether the descendants of the processes are signalled and killed, too. By default they are.</summary>
    public bool EntireProcessTree { get; init; } = true;

    /// <summary>
    /// Gets whether the kernel kills the processes that the scope starts when this program ends, also if this program is killed itself. See
    /// <c>PR_SET_PDEATHSIG</c>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The child starts through <c>setpriv(1)</c> and a shell, by <c>execve(2)</c>, so that PID, arguments, environment, working directory and
    /// redirections stay. <see cref="System.Diagnostics.Process.StartInfo"/> of the process shows the tools. A program that cannot be executed ends
    /// with exit code 126 or 127 instead of an exception at the start.
    /// </para>
    /// <para>
    /// Does not cover the descendants of the processes, nor programs that are set-user-ID, set-group-ID or have file capabilities, because the
    /// kernel clears the setting for them. It covers neither processes that were given to <see cref="ProcessScope.Add"/>.
    /// </para>
    /// </remarks>
    public bool KillOnParentExit { get; init; }

    /// <summary>Gets whether each process that the scope starts leads a session of its own, through <c>setsid(1)</c>.</summary>
    /// <remarks>
    /// A stop then also takes what is in that session, so that processes whose parents have exited do not escape. What has left both the tree and
    /// the session does: a daemon that forks twice and calls <c>setsid(2)</c> in between. The processes have no terminal, and Ctrl+C does not reach
    /// them.
    /// </remarks>
    public bool NewSession { get; init; }

    /// <summary>Gets the signals of this program that stop the scope, each with the same signal. By default there are none.</summary>
    /// <remarks>
    /// The program's own answer to the signal comes after the stop: the other handlers, or the end. From .NET 10 on, a program without a handler
    /// ends at SIGTERM without <see cref="AppDomain.ProcessExit"/>, so that a scope without this option leaves its processes behind. A host
    /// (<c>Microsoft.Extensions.Hosting</c>) handles the signals itself. Stop the scope when it stops, and leave this option alone. Processes in the
    /// foreground group of the terminal have Ctrl+C by themselves, and do not get it twice.
    /// </remarks>
    public IReadOnlyList<PosixSignal> ForwardSignals { get; init; } = [];

    /// <summary>Gets the registry that attaches the processes, <see cref="ProcessHandleRegistry.Default"/> by default.</summary>
    public ProcessHandleRegistry Registry { get; init; } = ProcessHandleRegistry.Default;
}
