using System.Globalization;

namespace PidRun;

/// <summary>What PidRun says: on stderr, so that the stdout of the command stays its own.</summary>
internal static class Report
{
    public static void Line(string text) => Console.Error.WriteLine($"PidRun: {text}");

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    public static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
