namespace Supervisor;

/// <summary>All programs of the settings.</summary>
internal sealed class ProgramSet(SupervisorOptions options, SupervisorMetrics metrics, ILoggerFactory loggers)
{
    public IReadOnlyList<SupervisedProgram> Programs { get; } =
    [
        .. options.Programs.Select(program => new SupervisedProgram(
            program.Key, program.Value, metrics, loggers.CreateLogger<SupervisedProgram>())),
    ];
}
