namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>What one implementation took, again and again.</summary>
internal sealed class Series(string implementation)
{
    private readonly List<double> _values = [];
    private double[]? _sorted;

    public string Implementation { get; } = implementation;

    public int Count => _values.Count;

    public double Median => At(0.5);

    public double P99 => At(0.99);

    public IReadOnlyList<double> Sorted => _sorted ??= [.. _values.Order()];

    /// <summary>What it took in one of so many equal parts of the run, from the first to the last.</summary>
    public Series Part(int index, int count)
    {
        Series part = new(Implementation);
        part.Add(_values[(Count * index / count)..(Count * (index + 1) / count)]);
        return part;
    }

    public void Add(IEnumerable<double> values)
    {
        _values.AddRange(values);
        _sorted = null;
    }

    private double At(double share) => Sorted[Math.Min(Sorted.Count - 1, (int)(Sorted.Count * share))];
}
