namespace Supervisor;

/// <summary>Runs all programs as long as the host runs.</summary>
internal sealed partial class SupervisorService(
    SupervisorOptions options, ProgramSet set, IHostApplicationLifetime lifetime, ILogger<SupervisorService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using StateFile state = await StateFile.OpenAsync(options.StatePath, stoppingToken);
        if (state.Fault is { } fault)
        {
            LogUnusable(options.StatePath, fault);
        }

        // A program that is no longer in the settings is none of ours any more. It goes on.
        foreach (string name in state.Names().Except(options.Programs.Keys))
        {
            LogUnknown(name);
            state.Set(name, null);
        }

        string directory = Path.GetDirectoryName(options.StatePath)!;
        Task all = Task.WhenAll(set.Programs.Select(program => Task.Run(
            () => program.RunAsync(state, directory, stoppingToken), CancellationToken.None)));
        if (options.RunFor is { } limit)
        {
            await Task.WhenAny(all, Task.Delay(limit, stoppingToken));
            lifetime.StopApplication();
        }

        await all;
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Warning, "The state file {Path} cannot be used, so that all programs are started: {Reason}")]
    private partial void LogUnusable(string path, string reason);

    [LoggerMessage(LogLevel.Warning, "{Program} is no longer in the settings; its process goes on without a supervisor")]
    private partial void LogUnknown(string program);
}
