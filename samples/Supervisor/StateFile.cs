using System.Text.Json;

namespace Supervisor;

/// <summary>A run of a program, as it is known after a crash.</summary>
/// <param name="Run">The name of the run. The program has it in its environment, so that it is found if the crash came before its identity was
/// written.</param>
/// <param name="Identity">Which process it is; <see langword="null"/> while it is being started.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="Restarts">How often the program has been started again.</param>
internal sealed record RunRecord(Guid Run, string? Identity, DateTimeOffset StartedAt, int Restarts);

// Constraints: the supervisor may be killed at any moment, also while it writes. A file that cannot be read must not keep the programs from running.
// After a power failure the file may be empty, but then no process of it is alive.
//
// Scheme: each change writes a new file and renames it over the old one, which is atomic. A lock on a file beside it lets one supervisor at a time
// use it.

/// <summary>The runs that were alive when the file was last written.</summary>
internal sealed class StateFile : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Dictionary<string, RunRecord> _runs;

    private StateFile(string path, FileStream @lock, Dictionary<string, RunRecord> runs)
    {
        _path = path;
        _lock = @lock;
        _runs = runs;
    }

    /// <summary>Gets why the file was not used; <see langword="null"/> if it was.</summary>
    public string? Fault { get; private init; }

    /// <summary>Opens the file, and waits for the end of another supervisor that has it.</summary>
    public static async Task<StateFile> OpenAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStream @lock = await LockAsync(path + ".lock", cancellationToken);
        try
        {
            string text = await File.ReadAllTextAsync(path, cancellationToken);
            Dictionary<string, RunRecord>? runs = JsonSerializer.Deserialize<Dictionary<string, RunRecord>>(text);
            return new StateFile(path, @lock, runs ?? throw new JsonException("It holds null."));
        }
        catch (FileNotFoundException)
        {
            return new StateFile(path, @lock, []);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return new StateFile(path, @lock, []) { Fault = e.Message };
        }
    }

    public RunRecord? Find(string name)
    {
        lock (_gate)
        {
            return _runs.GetValueOrDefault(name);
        }
    }

    public string[] Names()
    {
        lock (_gate)
        {
            return [.. _runs.Keys];
        }
    }

    public void Set(string name, RunRecord? run)
    {
        lock (_gate)
        {
            if (run is null)
            {
                _runs.Remove(name);
            }
            else
            {
                _runs[name] = run;
            }

            string next = _path + ".next";
            File.WriteAllText(next, JsonSerializer.Serialize(_runs, s_json));
            File.Move(next, _path, overwrite: true);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(s_lockLimit);
        for (;;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (!limit.IsCancellationRequested)
            {
                // A killed supervisor holds it a moment longer if it was about to start a program.
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }
}
