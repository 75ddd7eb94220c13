using System.ComponentModel;
using System.Globalization;
using PidFdProcess;
using Spectre.Console;
using Process = System.Diagnostics.Process;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Supervisor;

/// <summary>Shows the programs on a terminal, twice a second.</summary>
internal sealed class LiveTable(IReadOnlyList<SupervisedProgram> programs, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, (ProcessIdentity Run, TimeSpan Cpu, long At)> _last = [];
    private readonly CancellationTokenSource _end = new();
    private Task _view = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not before, because a start that fails prints a message.
        lifetime.ApplicationStarted.Register(() => _view = Task.Run(ShowAsync, CancellationToken.None));
        return Task.CompletedTask;
    }

    /// <summary>The host stops services in reverse order, and this one was added first. So the table shows how the programs end.</summary>
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
        foreach (SupervisedProgram program in programs)
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

    // Through a Process object of its own, because these objects are not thread-safe. The identity makes sure that it is the same process.
    private (string Id, string Uptime, string Cpu, string Memory) Measure(SupervisedProgram program)
    {
        try
        {
            if (program.Identity is not { } identity || !ProcessHandleRegistry.Default.TryOpen(identity, out Process? process))
            {
                return ("", "", "", "");
            }

            using (process)
            {
                TimeSpan used = process.TotalProcessorTime;
                long now = Stopwatch.GetTimestamp();
                double share = _last.TryGetValue(program.Name, out (ProcessIdentity Run, TimeSpan Cpu, long At) last) && last.Run == identity
                    ? (used - last.Cpu) / Stopwatch.GetElapsedTime(last.At, now)
                    : 0;
                _last[program.Name] = (identity, used, now);
                return (
                    process.Id.ToString(CultureInfo.InvariantCulture),
                    (DateTimeOffset.Now - program.StartedAt).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
                    share.ToString("P0", CultureInfo.InvariantCulture),
                    string.Create(CultureInfo.InvariantCulture, $"{process.WorkingSet64 / 1048576.0:F1} MiB"));
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has exited since it was opened, or no descriptor is free.
            return ("", "", "", "");
        }
    }

    private static string ColorOf(ProgramPhase phase) => phase switch
    {
        ProgramPhase.Running or ProgramPhase.Adopted => "green",
        ProgramPhase.BackingOff or ProgramPhase.Stopping => "yellow",
        _ => "grey",
    };
}
