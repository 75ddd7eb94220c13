using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PidRun;

/// <summary>
/// Durations as timeout(1) reads them, and ms, for example <c>10s</c>, <c>500ms</c>, <c>1.5m</c>, <c>1h</c> or bare seconds. 0 means no limit.
/// </summary>
internal static class Duration
{
    public const string Expected = "a number of seconds, or one with ms, s, m, h or d, up to 24 days (0 means no limit)";

    private static readonly (string Suffix, double Milliseconds)[] s_units =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1_000)];

    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration)
    {
        (string suffix, double unit) = Array.Find(s_units, unit => text?.EndsWith(unit.Suffix, StringComparison.Ordinal) == true);
        duration = Timeout.InfiniteTimeSpan;
        ReadOnlySpan<char> digits = text.AsSpan(0, (text?.Length - suffix?.Length) ?? 0);
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            return false;
        }

        double milliseconds = Math.Ceiling(number * unit);
        if (milliseconds > 0 && milliseconds <= int.MaxValue)
        {
            duration = TimeSpan.FromMilliseconds(milliseconds);
        }

        return milliseconds <= int.MaxValue;
    }
}
