using System.Globalization;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>How rows and commands write numbers.</summary>
internal static class Rows
{
    public static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Argument(int number) => number.ToString(CultureInfo.InvariantCulture);
}
