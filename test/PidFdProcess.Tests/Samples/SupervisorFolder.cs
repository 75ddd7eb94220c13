using System.Globalization;
using System.Text;
using System.Text.Json;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Samples;

/// <summary>The settings, the state file and the programs of one supervisor and its successors.</summary>
internal sealed class SupervisorFolder : IDisposable
{
    private const string Variable = "SUPERVISOR_TEST";

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Dictionary<string, object> _programs = [];

    public string Path { get; } = Directory.CreateTempSubdirectory("supervisor").FullName;

    public string SettingsFile => File("settings.json");

    public string StateFile => File("state.json");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Adds a program. The settings are members of an object, for example <c>new { Restart = "Never" }</c>.</summary>
    public void Add(string name, string[] command, object? settings = null)
    {
        Dictionary<string, object?> program = new()
        {
            ["Command"] = command[0],
            ["Arguments"] = command[1..],
            ["Environment"] = new Dictionary<string, string> { [Variable] = _mark + name },
        };
        foreach (JsonProperty property in JsonSerializer.SerializeToElement(settings ?? new { }).EnumerateObject())
        {
            program[property.Name] = property.Value;
        }

        _programs[name] = program;
        System.IO.File.WriteAllText(SettingsFile, JsonSerializer.Serialize(new { Supervisor = new { StateFile, Programs = _programs } }));
    }

    public void AddShell(string name, string script, object? settings = null) => Add(name, ["/bin/sh", "-c", script], settings);

    /// <summary>
    /// Adds a program that exits with 99 if another instance of it is alive. The lock belongs to all its processes, children included.
    /// </summary>
    public void AddSingle(string name, string[] flockOptions, string[] command, object? settings = null) =>
        Add(name, ["flock", "-n", "-E", "99", .. flockOptions, File(name + ".alone"), .. command], settings);

    /// <summary>Starts a supervisor on this folder.</summary>
    public SupervisorProcess Start() => SupervisorProcess.Start(SettingsFile);

    /// <summary>Gets the living processes of a program, or of all, by PID with their first argument.</summary>
    public Dictionary<int, string> Living(string name = "")
    {
        Dictionary<int, string> found = [];
        foreach (int id in ProcessTable.Ids())
        {
            if (Read(id, "environ").Contains($"{Variable}={_mark}{name}", StringComparison.Ordinal)
                && ProcessTable.StateOf(id) is not (null or 'Z' or 'X')
                && Read(id, "cmdline") is { Length: > 0 } command)
            {
                found[id] = command.Split('\0')[0];
            }
        }

        return found;
    }

    /// <summary>Tells whether the process has executed its program, so that it is no longer the shell of the supervisor or setsid(1).</summary>
    public static bool HasBegun(int id) =>
        Read(id, "cmdline") is { Length: > 0 } command
        && !command.Contains("read -r line", StringComparison.Ordinal)
        && !command.StartsWith("setsid", StringComparison.Ordinal);

    /// <summary>Waits until all programs and their descendants are gone.</summary>
    public void WaitUntilAllGone() => TestProcesses.WaitUntil(() => Living().Count == 0, "all programs are gone");

    public void Dispose()
    {
        // A program may start another one before it dies.
        TestProcesses.WaitUntil(
            () =>
            {
                Dictionary<int, string> living = Living();
                foreach (int id in living.Keys)
                {
                    Native.KillByPid(id);
                }

                return living.Count == 0;
            },
            "all programs are gone");
        Directory.Delete(Path, recursive: true);
    }

    private static string Read(int id, string file)
    {
        try
        {
            return Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{file}")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
