namespace Supervisor;

/// <summary>The section <c>Supervisor</c> of the settings.</summary>
internal sealed class SupervisorOptions
{
    /// <summary>Gets where the identities of the running programs are kept. A relative path is one in the directory for temporary files.</summary>
    public string StateFile { get; init; } = $"supervisor-{Environment.UserName}/state.json";

    /// <summary>Gets when to stop by itself, for a demo.</summary>
    public TimeSpan? RunFor { get; init; }

    public Dictionary<string, ProgramOptions> Programs { get; init; } = [];

    public string StatePath => Path.Combine(Path.GetTempPath(), StateFile);

    public TimeSpan LongestGracePeriod => Programs.Values.Select(static program => program.GracePeriod).Append(TimeSpan.Zero).Max();
}

/// <summary>One program.</summary>
internal sealed class ProgramOptions
{
    public string Command { get; init; } = "";

    public string[] Arguments { get; init; } = [];

    public Dictionary<string, string> Environment { get; init; } = [];

    public string WorkingDirectory { get; init; } = "";

    /// <summary>
    /// Gets the file that the output is appended to, beside the state file. It may not be a pipe of the supervisor, which ends with it.
    /// </summary>
    public string? OutputFile { get; init; }

    public RestartPolicy Restart { get; init; } = RestartPolicy.Always;

    /// <summary>Gets the first pause before a restart. It doubles with each run that ends early.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long a run takes that sets the pause back to the first.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(5);
}

internal enum RestartPolicy
{
    Always,
    OnFailure,
    Never,
}
