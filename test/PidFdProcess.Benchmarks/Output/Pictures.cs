using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Output;

/// <summary>The two pictures that people ask for.</summary>
internal static class Pictures
{
    // A logarithmic axis has no zero; CPU time is counted in microseconds.
    private const double SmallestPercent = 0.0001;

    public static void Draw(string directory, IReadOnlyList<Row> rows)
    {
        List<Line> latency = [];
        foreach ((string start, string prefix) in (ReadOnlySpan<(string, string)>)[("child: kill, pending", "child"), ("foreign:", "foreign")])
        {
            if (rows.FirstOrDefault(row => row.Work.StartsWith(start, StringComparison.Ordinal)) is { } row)
            {
                latency.AddRange(row.Series.Where(s => s.Count > 0 && IsDrawn(prefix, s.Contender)).Select(series => new Line(
                    series.Contender == Contender.Floor ? series.Contender : $"{prefix}: {series.Contender}", Distribution(series))));
            }
        }

        if (latency.Count > 0)
        {
            File.WriteAllText(Path.Combine(directory, "exit-latency.svg"), new Chart(
                "From the kill to the code that awaits the exit", "µs (log scale)", "% of exits seen by then", logarithmicY: false).Draw(latency));
        }

        Line[] cost = [.. ((string[])[Contender.Stock, Contender.PidFd]).Select(contender => new Line(contender, [.. Points(rows, contender)]))];
        if (cost[0].Points.Count > 1)
        {
            File.WriteAllText(Path.Combine(directory, "pending-waits.svg"), new Chart(
                "Idle CPU of pending waits for foreign processes", "pending waits (log scale)", "% of a core (log scale)",
                logarithmicY: true).Draw(cost));
        }
    }

    // Six lines are as many as one can tell apart.
    private static bool IsDrawn(string prefix, string contender) =>
        prefix == "child" || contender is Contender.Stock or Contender.PidFd;

    private static IEnumerable<(double X, double Y)> Points(IReadOnlyList<Row> rows, string contender) =>
        from row in rows
        where row.Work.EndsWith("pending waits: idle CPU", StringComparison.Ordinal)
        select (
            double.Parse(row.Work.Split(' ')[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture),
            Math.Max(SmallestPercent, row.Find(contender)!.Median));

    private static (double X, double Y)[] Distribution(Series series) =>
    [
        .. Enumerable.Range(0, 101).Select(percent =>
            (series.Sorted[Math.Min(series.Count - 1, series.Count * percent / 100)], (double)percent)),
    ];
}
