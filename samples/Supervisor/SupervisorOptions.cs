namespace Supervisor;

/// <summary>The section <c>Supervisor</c> of the settings.</summary>
internal sealed class SupervisorOptions
{
    /// <summary>Gets the file with the identities of the running programs. A relative path is below <see cref="StateRoot"/>.</summary>
    public string StateFile { get; init; } = "supervisor/state.json";

    /// <summary>Gets when to stop by itself, for a demo.</summary>
    public TimeSpan? RunFor { get; init; }

    public Dictionary<string, ProgramOptions> Programs { get; init; } = [];

    public string StatePath => Path.GetFullPath(StateFile, StateRoot);

    public TimeSpan LongestGracePeriod => Programs.Values.Select(static program => program.GracePeriod).Append(TimeSpan.Zero).Max();

    // A directory of this user alone, because the supervisor trusts the file. systemd sets the first variable for a service, in which it may list
    // several directories, and the second one for a login.
    private static string StateRoot => ((string[])["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"])
        .Select(static variable => Environment.GetEnvironmentVariable(variable)?.Split(':')[0])
        .FirstOrDefault(static directory => Path.IsPathFullyQualified(directory ?? ""))
        ?? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);

    /// <summary>Gets the first fault of the settings, or <see langword="null"/>.</summary>
    public string? FindFault()
    {
        foreach ((string name, ProgramOptions program) in Programs)
        {
            if (program.FindFault() is { } fault)
            {
                return $"Supervisor:Programs:{name}: {fault}";
            }
        }

        return Programs.Count == 0 ? "Supervisor:Programs has no program." : null;
    }
}

/// <summary>One program.</summary>
internal sealed class ProgramOptions
{
    public string Command { get; init; } = "";

    public string[] Arguments { get; init; } = [];

    public Dictionary<string, string> Environment { get; init; } = [];

    public string WorkingDirectory { get; init; } = "";

    /// <summary>Gets the file that the output is appended to. A relative path is beside the state file.</summary>
    public string? OutputFile { get; init; }

    public RestartPolicy Restart { get; init; } = RestartPolicy.Always;

    /// <summary>Gets the first pause before a restart. It doubles after each run that ends early.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long a run must last to set the pause back to the first one.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    public string? FindFault() =>
        Command.Length == 0 ? "Command is missing."
        : BackOff <= TimeSpan.Zero || MaxBackOff < BackOff ? "BackOff must be positive and at most MaxBackOff."
        : StableAfter < TimeSpan.Zero || GracePeriod < TimeSpan.Zero ? "StableAfter and GracePeriod must not be negative."
        : null;
}

internal enum RestartPolicy
{
    /// <summary>Start the program again after each exit.</summary>
    Always,

    /// <summary>Start it again unless it exited with 0.</summary>
    OnFailure,

    /// <summary>Start it once.</summary>
    Never,
}
