namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>One work, and what each implementation took for it in the same run.</summary>
internal sealed class Row(string work, string unit, params Series[] series)
{
    private const int Parts = 5;

    public string Work { get; } = work;

    public string Unit { get; } = unit;

    public IReadOnlyList<Series> Series { get; } = series;

    public List<Bound> Bounds { get; } = [];

    public Series? Find(string implementation) => Series.FirstOrDefault(series => series.Implementation == implementation);

    /// <summary>
    /// Promises a ratio of medians, if both implementations took part. It is the median of the ratios in five parts of the run, because a single
    /// one is decided by what else the machine did.
    /// </summary>
    public Row Promise(string implementation, string against, double limit, double? p99Limit = null)
    {
        if (Find(implementation) is { Count: > 0 } mine && Find(against) is { Count: > 0 } other)
        {
            Bounds.Add(Compare("median", mine, other, limit, static series => series.Median));
            if (p99Limit is { } limit99)
            {
                Bounds.Add(Compare("p99", mine, other, limit99, static series => series.P99));
            }
        }

        return this;
    }

    /// <summary>Promises a value as such.</summary>
    public Row Promise(string what, double value, double limit)
    {
        Bounds.Add(new Bound(Work, what, value, limit));
        return this;
    }

    private Bound Compare(string what, Series mine, Series other, double limit, Func<Series, double> value)
    {
        string name = $"{mine.Implementation} / {other.Implementation}, {what}";
        if (Math.Min(mine.Count, other.Count) < Parts)
        {
            return new Bound(Work, name, value(mine) / value(other), limit);
        }

        double[] ratios = [.. Enumerable.Range(0, Parts).Select(i => value(mine.Part(i, Parts)) / value(other.Part(i, Parts))).Order()];
        return new Bound(Work, name, ratios[Parts / 2], limit) { Lowest = ratios[0], Highest = ratios[^1] };
    }
}

/// <summary>
/// A promise about a row: the value is at most the limit. A ratio is the median of the fifths of the run and has their extremes, if there were
/// so many turns.
/// </summary>
internal sealed record Bound(string Work, string What, double Value, double Limit)
{
    public double? Lowest { get; init; }

    public double? Highest { get; init; }

    public bool IsReached => Value <= Limit;
}
