using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Output;

/// <summary>The two pictures that people ask for.</summary>
internal static class Pictures
{
    // A logarithmic axis has no zero. CPU time is counted in microseconds.
    private const double SmallestPercent = 0.0001;

    public static void Draw(string directory, IReadOnlyList<Row> rows)
    {
        List<Line> latency = [];
        foreach ((string start, string prefix) in (ReadOnlySpan<(string, string)>)[("child: kill, pending", "child"), ("non-child:", "non-child")])
        {
            if (rows.FirstOrDefault(row => row.Work.StartsWith(start, StringComparison.Ordinal)) is { } row)
            {
                latency.AddRange(
                    from series in row.Series
                    let name = series.Implementation
                    where series.Count > 0 && IsDrawn(prefix, name)
                    select new Line(name == Implementation.Floor ? name : $"{prefix}: {name}", Distribution(series)));
            }
        }

        if (latency.Count > 0)
        {
            File.WriteAllText(Path.Combine(directory, "exit-latency.svg"), new Chart(
                "From the kill to the code that awaits the exit", "µs (log scale)", "% of exits seen by then", logarithmicY: false).Draw(latency));
        }

        Line[] cost =
        [
            .. ((string[])[Implementation.Stock, Implementation.PidFd]).Select(name => new Line(name, [.. Points(rows, name)])),
        ];
        if (cost[0].Points.Count > 1)
        {
            File.WriteAllText(Path.Combine(directory, "pending-waits.svg"), new Chart(
                "Idle CPU of pending waits for non-children", "pending waits (log scale)", "% of a core (log scale)",
                logarithmicY: true).Draw(cost));
        }
    }

    // Six lines are as many as one can tell apart.
    private static bool IsDrawn(string prefix, string implementation) =>
        prefix == "child" || implementation is Implementation.Stock or Implementation.PidFd;

    private static IEnumerable<(double X, double Y)> Points(IReadOnlyList<Row> rows, string implementation) =>
        from row in rows
        where row.Work.EndsWith("pending waits for non-children: idle CPU", StringComparison.Ordinal)
        select (
            double.Parse(row.Work.Split(' ')[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture),
            Math.Max(SmallestPercent, row.Find(implementation)!.Median));

    private static (double X, double Y)[] Distribution(Series series) =>
    [
        .. Enumerable.Range(0, 101).Select(percent =>
            (series.Sorted[Math.Min(series.Count - 1, series.Count * percent / 100)], (double)percent)),
    ];
}
