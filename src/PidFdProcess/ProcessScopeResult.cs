using System.Diagnostics;

namespace PidFdProcess;

/// <summary>How the stop of a <see cref="ProcessScope"/> went.</summary>
public sealed class ProcessScopeResult
{
    internal ProcessScopeResult(IReadOnlyList<ProcessScopeExit> exits, IReadOnlyList<ProcessScopeSurvivor> survivors)
    {
        Exits = exits;
        Survivors = survivors;
    }

    /// <summary>Gets the processes that were in the scope when the stop began and have exited, each with its status.</summary>
    public IReadOnlyList<ProcessScopeExit> Exits { get; }

    /// <summary>
    /// Gets the processes that are alive, descendants included. There are none unless a process is frozen, in state D, or not permitted.
    /// </summary>
    public IReadOnlyList<ProcessScopeSurvivor> Survivors { get; }

    /// <summary>For example <c>3 exited, 1 alive: 4711 (sleep)</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Survivors.Count == 0
        ? $"{Exits.Count} exited"
        : $"{Exits.Count} exited, {Survivors.Count} alive: {string.Join(", ", Survivors.Select(static each => $"{each.ProcessId} ({each.Name})"))}";
}

/// <summary>A process that has exited during the stop of its scope.</summary>
/// <param name="Process">The object.</param>
/// <param name="ProcessId">The PID that the process had.</param>
/// <param name="Status">How it ended; <see cref="PidFdExitStatus.Canceled"/> says whether it took the SIGKILL.</param>
public sealed record ProcessScopeExit(Process Process, int ProcessId, PidFdExitStatus Status);

/// <summary>A process that is alive after the stop of its scope.</summary>
/// <param name="ProcessId">The PID.</param>
/// <param name="Name">The name, as <c>/proc/PID/comm</c> has it; <c>?</c> if it cannot be read.</param>
/// <param name="Reason">Why, in words a person can act on.</param>
public sealed record ProcessScopeSurvivor(int ProcessId, string Name, string Reason);
