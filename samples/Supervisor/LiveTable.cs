using System.Diagnostics;
using System.Globalization;
using PidFdProcess;
using Spectre.Console;

namespace Supervisor;

/// <summary>Shows the programs on a terminal, twice a second.</summary>
internal sealed class LiveTable(ProgramSet set) : IHostedService, IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, (TimeSpan Cpu, long At)> _last = [];
    private readonly CancellationTokenSource _end = new();
    private Task _view = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _view = Task.Run(ShowAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    // This service was added first, so that it is stopped last and shows how the programs end.
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _end.CancelAsync();
        await _view;
    }

    public void Dispose() => _end.Dispose();

    private Task ShowAsync() => AnsiConsole.Live(Render()).StartAsync(async live =>
    {
        while (!_end.IsCancellationRequested)
        {
            live.UpdateTarget(Render());
            await Task.Delay(s_period, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        live.UpdateTarget(Render());
    });

    private Table Render()
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns("program", "PID", "state", "uptime", "restarts", "last exit", "CPU", "memory");
        foreach (SupervisedProgram program in set.Programs)
        {
            (string id, string uptime, string cpu, string memory) = Measure(program);
            table.AddRow(
                Markup.Escape(program.Name),
                id,
                $"[{ColorOf(program.Phase)}]{program.Phase}[/]",
                uptime,
                program.Restarts.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(program.LastExit),
                cpu,
                memory);
        }

        return table;
    }

    private (string Id, string Uptime, string Cpu, string Memory) Measure(SupervisedProgram program)
    {
        try
        {
            if (program.Process is { } process && !process.HasExitedPidFd())
            {
                process.Refresh();
                TimeSpan used = process.TotalProcessorTime;
                long now = Stopwatch.GetTimestamp();
                double share = _last.TryGetValue(program.Name, out (TimeSpan Cpu, long At) last)
                    ? Math.Max(0, (used - last.Cpu) / Stopwatch.GetElapsedTime(last.At, now))
                    : 0;
                _last[program.Name] = (used, now);
                return (
                    process.Id.ToString(CultureInfo.InvariantCulture),
                    (DateTimeOffset.Now - program.StartedAt).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
                    share.ToString("P0", CultureInfo.InvariantCulture),
                    $"{process.WorkingSet64 / 1024.0 / 1024:F1} MB");
            }
        }
        catch (InvalidOperationException)
        {
            // It has ended in this moment.
        }

        _last.Remove(program.Name);
        return ("", "", "", "");
    }

    private static string ColorOf(ProgramPhase phase) => phase switch
    {
        ProgramPhase.Running or ProgramPhase.Adopted => "green",
        ProgramPhase.BackingOff or ProgramPhase.Stopping => "yellow",
        _ => "grey",
    };
}
