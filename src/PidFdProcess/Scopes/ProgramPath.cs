namespace PidFdProcess.Scopes;

/// <summary>Finds programs as <see cref="System.Diagnostics.Process.Start()"/> does.</summary>
internal static class ProgramPath
{
    /// <summary>
    /// The path of a file name: as it is if it is rooted, else beside the executable of this program, in the current directory, or in a directory of
    /// PATH. <see langword="null"/> if there is none.
    /// </summary>
    public static string? Resolve(string fileName)
    {
        if (Path.IsPathRooted(fileName))
        {
            return File.Exists(fileName) ? fileName : null;
        }

        if (Path.GetDirectoryName(Environment.ProcessPath) is { } own && Path.Combine(own, fileName) is var beside && File.Exists(beside))
        {
            return beside;
        }

        string here = Path.Combine(Directory.GetCurrentDirectory(), fileName);
        return File.Exists(here) ? here : FindInPath(fileName);
    }

    /// <summary>The path of an executable file in a directory of PATH.</summary>
    public static string? FindInPath(string fileName)
    {
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(directory, fileName);
            if (IsExecutable(path))
            {
                return path;
            }
        }

        return null;
    }

    private static bool IsExecutable(string path) =>
        !OperatingSystem.IsWindows()
        && File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
