namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>One work, and what each contender took for it in the same run.</summary>
internal sealed class Row(string work, string unit, params Series[] series)
{
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
            Bounds.Add(new Bound(Work, $"{contender} / {against}, median", mine.Median / other.Median, limit));
            if (p99Limit is { } limit99)
            {
                Bounds.Add(new Bound(Work, $"{contender} / {against}, p99", mine.P99 / other.P99, limit99));
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
}

/// <summary>A promise about a row: the value is at most the limit.</summary>
internal sealed record Bound(string Work, string What, double Value, double Limit)
{
    public bool IsReached => Value <= Limit;
}
