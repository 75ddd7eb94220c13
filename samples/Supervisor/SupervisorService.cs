using System.Collections.Concurrent;
using PidFdProcess;
using Process = System.Diagnostics.Process;

namespace Supervisor;

/// <summary>Runs all programs as long as the host runs.</summary>
internal sealed partial class SupervisorService(
    SupervisorOptions options,
    IReadOnlyList<SupervisedProgram> programs,
    IHostApplicationLifetime lifetime,
    ILogger<SupervisorService> logger) : BackgroundService
{
    private readonly ConcurrentBag<string> _ended = [];
    private StateFile _state = null!;

    /// <summary>Opens the state file. The host and systemd count the service as started after that.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _state = await StateFile.OpenAsync(options.StatePath, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _state?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_state.Fault is { } fault)
        {
            LogUnusable(options.StatePath, fault);
        }

        ReportUnknown();
        Task all = Task.WhenAll(programs.Select(program => Task.Run(() => SuperviseAsync(program, stoppingToken), CancellationToken.None)));
        if (options.RunFor is { } limit)
        {
            await Task.WhenAny(all, Task.Delay(limit, stoppingToken));
            lifetime.StopApplication();
        }

        await all;

        // The next supervisor does not follow a crash, so it starts these programs. It finishes the stops that have failed.
        foreach (string name in _ended)
        {
            _state.Remove(name);
        }

        lifetime.StopApplication();
    }

    private async Task SuperviseAsync(SupervisedProgram program, CancellationToken stopping)
    {
        try
        {
            await program.RunAsync(_state, stopping);
            if (!program.HasSurvived)
            {
                _ended.Add(program.Name);
            }
        }
        catch (Exception e)
        {
            LogFailed(program.Name, e);
            if (!stopping.IsCancellationRequested)
            {
                // The programs run on as after a crash, and the next supervisor adopts them.
                Environment.Exit(1);
            }
        }
    }

    /// <summary>A program that is no longer in the settings goes on. It stays in the file, so that it is adopted if it comes back.</summary>
    private void ReportUnknown()
    {
        foreach (string name in _state.Names().Except(options.Programs.Keys))
        {
            if (ProcessIdentity.TryParse(_state.Find(name)!.Identity, out ProcessIdentity identity)
                && ProcessHandleRegistry.Default.TryOpen(identity, out Process? process))
            {
                LogUnknown(name, process.Id);
                process.Dispose();
            }
            else
            {
                _state.Remove(name);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The state file {Path} is not used, so all programs are started: {Reason}")]
    private partial void LogUnusable(string path, string reason);

    [LoggerMessage(LogLevel.Warning, "{Program} is no longer in the settings. Its process {ProcessId} goes on without a supervisor")]
    private partial void LogUnknown(string program, int processId);

    [LoggerMessage(LogLevel.Critical, "{Program}: the supervisor fails")]
    private partial void LogFailed(string program, Exception exception);
}
