namespace PidRun;

/// <summary>
/// Finds a command as a shell does. <see cref="System.Diagnostics.Process"/> would look beside this program and in the current directory
/// before PATH.
/// </summary>
internal static class CommandFile
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The full path of the command, or of a file that cannot be executed if there is no other.</summary>
    /// <returns><see langword="null"/> if there is none at all.</returns>
    public static string? Find(string command)
    {
        if (command.Contains('/'))
        {
            return Path.GetFullPath(command);
        }

        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "/bin:/usr/bin").Split(':');
        string[] files = [.. directories.Select(directory => Path.GetFullPath(Path.Join(directory, command))).Where(File.Exists)];
        return Array.Find(files, file => (File.GetUnixFileMode(file) & AnyExecute) != 0) ?? files.FirstOrDefault();
    }
}
