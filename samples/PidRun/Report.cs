using System.Globalization;

namespace PidRun;

/// <summary>The messages of the tool. They go to stderr, so that the stdout of the command stays its own.</summary>
internal static class Report
{
    /// <summary>Writes a line if stderr takes it. A report that is lost must not cost the exit code of the command.</summary>
    public static void Line(string text)
    {
        try
        {
            Console.Error.WriteLine($"pidrun: {text}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // stderr is closed, or its disk is full.
        }
    }

    /// <summary>Writes that a process does not exist. The exit code is <see cref="ExitCodes.Failed"/> then.</summary>
    public static void Missing(string name) => Line($"{name}: no such process");

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    public static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
