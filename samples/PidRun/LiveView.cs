using System.Diagnostics;
using System.Text;
using Spectre.Console;
using PidFdProcess;

namespace PidRun;

/// <summary>
/// A table of the running processes in the bottom rows of the terminal. Everything else scrolls above it. The command writes to the
/// same terminal whenever it likes, and the table must never be where its output goes.
/// </summary>
internal sealed class LiveView : IAsyncDisposable
{
    private const int MaxProcesses = 8;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    private readonly IAnsiConsole _console;
    private readonly IReadOnlyList<Process> _processes;
    private readonly Stream _terminal = Console.OpenStandardError();
    private readonly CancellationTokenSource _end = new();
    private readonly int _rows;
    private readonly Task _drawing;
    private int _height;

    private LiveView(IAnsiConsole console, IReadOnlyList<Process> processes)
    {
        _console = console;
        _processes = processes;
        _rows = 1 + Math.Min(processes.Count, MaxProcesses);
        _drawing = DrawAsync();
    }

    /// <summary>Starts the view, unless stderr is no terminal that can show it.</summary>
    public static LiveView? TryStart(IReadOnlyList<Process> processes, bool isPlain)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return !isPlain && console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi ? new LiveView(console, processes) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _drawing;
        _end.Dispose();
        Release();
    }

    // The first tick is late enough that a short command leaves no trace.
    private async Task DrawAsync()
    {
        using PeriodicTimer timer = new(s_period);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                Draw();
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private void Draw()
    {
        int height = _console.Profile.Height;
        if (height != _height)
        {
            Release();
            if (height < _rows * 2)
            {
                return;
            }

            // Makes room (IND keeps the column), then lets only the rows above scroll (DECSTBM, which moves the cursor: DECSC, DECRC).
            Write($"{string.Concat(Enumerable.Repeat("\eD", _rows))}\e[{_rows}A\e7\e[1;{height - _rows}r\e8");
            _height = height;
        }

        string[] lines = _console.ToAnsi(Table()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Write($"\e7\e[{height - _rows + 1};1H\e[J{string.Join("\r\n", lines.Take(_rows))}\e8");
    }

    private void Release()
    {
        if (_height > 0)
        {
            Write($"\e7\e[r\e[{_height - _rows + 1};1H\e[J\e8");
            _height = 0;
        }
    }

    private Table Table()
    {
        Table table = new Table().NoBorder().Width(_console.Profile.Width - 1);
        foreach (string header in (string[])["PID", "command", "time", "CPU", "memory"])
        {
            table.AddColumn(new TableColumn(new Text(header, Style.Plain.Decoration(Decoration.Bold))) { NoWrap = true });
        }

        foreach (Process process in _processes.Where(process => !process.HasExitedPidFd()).Take(MaxProcesses))
        {
            AddRow(table, process.Id);
        }

        return table;
    }

    // Through an object of its own: Process is not thread-safe.
    private static void AddRow(Table table, int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            string[] cells =
            [
                $"{pid}",
                process.ProcessName,
                Report.Seconds(DateTime.Now - process.StartTime),
                Report.Seconds(process.TotalProcessorTime),
                Report.Mebibytes(process.WorkingSet64),
            ];
            table.AddRow(cells.Select(cell => new Text(cell) { Overflow = Overflow.Ellipsis }));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has exited since the look.
        }
    }

    // In one piece, so that the output of the command cannot get in between.
    private void Write(string text)
    {
        _terminal.Write(Encoding.UTF8.GetBytes(text));
        _terminal.Flush();
    }
}
