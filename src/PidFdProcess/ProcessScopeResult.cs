using System.Diagnostics;

namespace PidFdProcess;

/// <summary>How the stop of a <see cref="ProcessScope"/> went.</summary>
public sealed class ProcessScopeResult
{
    internal ProcessScopeResult(IReadOnlyList<ProcessScopeExit> exits, IReadOnlyList<ProcessScopeSurvivor> survivors, string? incompleteReason)
    {
        Exits = exits;
        Survivors = survivors;
        IncompleteReason = incompleteReason;
    }

    /// <summary>Gets the processes that were in the scope when the stop began and have exited, each with its status.</summary>
    public IReadOnlyList<ProcessScopeExit> Exits { get; }

    /// <summary>
    /// Gets the processes that are alive, including descendants. There are none unless a process is frozen, is in state D, or may not be signalled.
    /// <see cref="IncompleteReason"/> tells whether the list is complete.
    /// </summary>
    public IReadOnlyList<ProcessScopeSurvivor> Survivors { get; }

    /// <summary>
    /// Gets why processes may be alive that are not in <see cref="Survivors"/>, or <see langword="null"/> if the stop has found all processes. For
    /// example, <c>/proc</c> could not be read, or a tree forked for longer than the kill may last.
    /// </summary>
    public string? IncompleteReason { get; }

    /// <summary>Returns for example <c>3 exited, 1 alive: 4711 (sleep)</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        string alive = Survivors.Count == 0
            ? ""
            : $", {Survivors.Count} alive: {string.Join(", ", Survivors.Select(static each => $"{each.ProcessId} ({each.Name})"))}";
        return $"{Exits.Count} exited{alive}{(IncompleteReason is null ? "" : $", others may be alive: {IncompleteReason}")}";
    }
}

/// <summary>A process that has exited during the stop of its scope.</summary>
/// <param name="Process">The object.</param>
/// <param name="ProcessId">The PID that the process had.</param>
/// <param name="Status">How it ended. <see cref="PidFdExitStatus.Canceled"/> tells whether SIGKILL ended it.</param>
public sealed record ProcessScopeExit(Process Process, int ProcessId, PidFdExitStatus Status);

/// <summary>A process that is alive after the stop of its scope.</summary>
/// <param name="ProcessId">The PID.</param>
/// <param name="Name">The name, as in <c>/proc/PID/comm</c>, or <c>?</c> if it cannot be read.</param>
/// <param name="Reason">Why it is alive, in words that a person can act on.</param>
public sealed record ProcessScopeSurvivor(int ProcessId, string Name, string Reason);
