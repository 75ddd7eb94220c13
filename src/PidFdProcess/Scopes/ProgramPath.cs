using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

/// <summary>Finds programs as <see cref="System.Diagnostics.Process.Start()"/> does.</summary>
internal static class ProgramPath
{
    /// <summary>
    /// Returns the path of a file name, or <see langword="null"/> if there is no file of that name. A rooted name stays as it is. Otherwise the file
    /// is searched in the directory of this program, in the current directory, and in the directories of PATH.
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

    /// <summary>Returns the path of a file in a directory of PATH that the caller may execute, or <see langword="null"/>.</summary>
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

    private static bool IsExecutable(string path) => File.Exists(path) && Libc.Access(path, Libc.MayExecute) == 0;
}
