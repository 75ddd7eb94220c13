namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>One work, and what each contender took for it in the same run.</summary>
internal sealed class Row(string work, string unit, params Series[] series)
{
    // What a ratio is in each of these parts of the run says how far it can be trusted.
    private const int Parts = 5;

    public string Work { get; } = work;

    public string Unit { get; } = unit;

    public IReadOnlyList<Series> Series { get; } = series;

    public List<Bound> Bounds { get; } = [];

    public Series? Find(string contender) => Series.FirstOrDefault(series => series.Contender == contender);

    /// <summary>Promises a ratio of medians, if both contenders took part.</summary>
    public Row Promise(string contender, string against, double limit, double? p99Limit = null)
    {
        if (Find(contender) is { Count: > 0 } mine && Find(against) is { Count: > 0 } other)
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
        Bound bound = new(Work, $"{mine.Contender} / {other.Contender}, {what}", value(mine) / value(other), limit);
        if (Math.Min(mine.Count, other.Count) < Parts)
        {
            return bound;
        }

        double[] ratios = [.. Enumerable.Range(0, Parts).Select(i => value(mine.Part(i, Parts)) / value(other.Part(i, Parts)))];
        return bound with { Lowest = ratios.Min(), Highest = ratios.Max() };
    }
}

/// <summary>
/// A promise about a row: the value is at most the limit. A ratio has its extremes in the fifths of the run, if there were so many turns.
/// </summary>
internal sealed record Bound(string Work, string What, double Value, double Limit)
{
    public double? Lowest { get; init; }

    public double? Highest { get; init; }

    public bool IsReached => Value <= Limit;
}
