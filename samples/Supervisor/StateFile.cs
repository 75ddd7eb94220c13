using System.Text.Json;
using System.Text.Json.Serialization;

namespace Supervisor;

/// <summary>How far a program had come when the state file was written.</summary>
internal enum RunState
{
    /// <summary>No process runs. The program waits for its next start.</summary>
    Waiting,

    /// <summary>The process of the identity runs.</summary>
    Running,

    /// <summary>The process of the identity has been asked to stop.</summary>
    Stopping,

    /// <summary>The restart policy says that the program is not started again.</summary>
    Ended,
}

/// <summary>A program, as it is known after a crash.</summary>
/// <param name="State">How far it had come.</param>
/// <param name="Run">The name of the run. All processes of the run have it in their environment.</param>
/// <param name="Identity">The process, in the text form of <see cref="PidFdProcess.ProcessIdentity"/>, or <see langword="null"/>.</param>
/// <param name="StartedAt">When the run began.</param>
/// <param name="Restarts">How often the program has been started again.</param>
/// <param name="LastExit">How the run before this one ended.</param>
internal sealed record RunRecord(RunState State, Guid Run, string? Identity, DateTimeOffset StartedAt, int Restarts, string LastExit);

// Overview
//
// Keeps the list of the programs on disk, for the supervisor that comes after this one.
//
// Constraints: The supervisor may be killed at any moment, even during a write. A file that cannot be read must not keep the programs from running.
//
// Scheme: Each change writes a new file and renames it over the old one. A rename is atomic, so a killed supervisor leaves the old file or the new
// one. After a power failure the file may be empty, but then no process of it is alive. A lock on a second file keeps other supervisors out.

/// <summary>The programs that were alive when the file was last written.</summary>
internal sealed class StateFile : IDisposable
{
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };
    private static readonly Guid s_boot = Guid.Parse(File.ReadAllText(BootFile));
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_lockLook = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly Dictionary<string, RunRecord> _programs;

    private StateFile(string path, FileStream @lock, Dictionary<string, RunRecord> programs)
    {
        _path = path;
        _lock = @lock;
        _programs = programs;
    }

    /// <summary>Gets why the content of the file is not used, or <see langword="null"/> if it is used.</summary>
    public string? Fault { get; private init; }

    /// <summary>Opens the file. If another supervisor has it, waits for a moment, because that one may be about to end.</summary>
    /// <exception cref="IOException">The other supervisor goes on.</exception>
    public static async Task<StateFile> OpenAsync(string path, CancellationToken cancellationToken)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FileStream @lock = await LockAsync(path + ".lock", cancellationToken);
        try
        {
            string text = await File.ReadAllTextAsync(path, cancellationToken);
            Content? content = JsonSerializer.Deserialize<Content>(text, s_json);
            return content?.Programs is not { } programs || programs.ContainsValue(null) ? Fresh("It has no programs.")
                : content.Boot != s_boot ? Fresh("It was written before the last boot, or on another machine.")
                : new StateFile(path, @lock, programs.ToDictionary(static each => each.Key, static each => each.Value!));
        }
        catch (FileNotFoundException)
        {
            return Fresh(null);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Fresh(e.Message);
        }

        StateFile Fresh(string? fault) => new(path, @lock, []) { Fault = fault };
    }

    /// <summary>Gets the directory of the file.</summary>
    public string Directory => Path.GetDirectoryName(_path)!;

    public RunRecord? Find(string name)
    {
        lock (_gate)
        {
            return _programs.GetValueOrDefault(name);
        }
    }

    /// <summary>Gets the names of all programs in the file.</summary>
    public string[] Names()
    {
        lock (_gate)
        {
            return [.. _programs.Keys];
        }
    }

    /// <summary>Writes the record of a program.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Set(string name, RunRecord record)
    {
        lock (_gate)
        {
            _programs[name] = record;
            Write();
        }
    }

    /// <summary>Forgets a program.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Remove(string name)
    {
        lock (_gate)
        {
            if (_programs.Remove(name))
            {
                Write();
            }
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
                // A supervisor that was killed during a start of a program holds the lock until the new process has executed its program.
                await Task.Delay(s_lockLook, cancellationToken);
            }
        }
    }

    private void Write()
    {
        string next = _path + ".next";
        File.WriteAllText(next, JsonSerializer.Serialize(new Content(s_boot, _programs!), s_json));
        File.Move(next, _path, overwrite: true);
    }

    private sealed record Content(Guid Boot, Dictionary<string, RunRecord?> Programs);
}
