using System.Globalization;

namespace PidFdProcess.Shared;

/// <summary>What <c>/proc</c> says of processes by PID.</summary>
internal static class ProcessTable
{
    /// <summary>Gets whether there is a /proc for this PID namespace. That of another namespace has other processes under the same numbers.</summary>
    public static bool Exists =>
        new FileInfo("/proc/self").LinkTarget == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Lists the PIDs of all processes.</summary>
    public static IEnumerable<int> Ids()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                yield return id;
            }
        }
    }

    /// <summary>Lists the children of this process, zombies included.</summary>
    public static IEnumerable<int> OwnChildren() => Ids().Where(static id => ParentOf(id) == Environment.ProcessId);

    /// <summary>Counts the open descriptors of this process that are pidfds.</summary>
    public static int OwnPidFds() => Directory.GetFileSystemEntries("/proc/self/fd").Count(IsPidFd);

    /// <summary>Gets the state letter of a process, or <see langword="null"/> if there is no process with this PID.</summary>
    public static char? StateOf(int processId) => FieldsOf(processId)?[0][0];

    /// <summary>Gets the PID of the parent, or <see langword="null"/> if there is no process with this PID.</summary>
    public static int? ParentOf(int processId) =>
        FieldsOf(processId) is { } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : null;

    /// <summary>Gets the name of a process, or <see langword="null"/> if there is no process with this PID.</summary>
    public static string? NameOf(int processId) => Read(processId, "comm")?.TrimEnd('\n');

    /// <summary>Counts the threads of a process whose names begin so. The kernel keeps 15 characters of a name.</summary>
    public static int CountThreads(int processId, string name) => Directory.EnumerateDirectories($"/proc/{processId}/task")
        .Count(task => Read(processId, $"task/{Path.GetFileName(task)}/comm")?.StartsWith(name, StringComparison.Ordinal) == true);

    /// <summary>Gets whether a process ignores a signal.</summary>
    public static bool Ignores(int processId, int signal) =>
        Read(processId, "status")?.Split('\n').FirstOrDefault(static line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } line
        && (ulong.Parse(line[7..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) >> (signal - 1) & 1) != 0;

    /// <summary>Reads the fields behind the name in /proc/PID/stat. The name may contain blanks and parentheses.</summary>
    public static string[]? FieldsOf(int processId) =>
        Read(processId, "stat") is { } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : null;

    private static bool IsPidFd(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget is { } target && target.Contains("pidfd", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string? Read(int processId, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
