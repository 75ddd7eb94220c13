namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>
/// Runs implementations in turns (A B C, B C A, C A B, ...). A noisy machine then hurts all of them alike, and so does work that the previous
/// one leaves behind.
/// </summary>
internal static class Interleaver
{
    /// <summary>Runs so many turns after so many that do not count.</summary>
    public static Series[] Run(int warmUp, int turns, params (string Implementation, Func<IEnumerable<double>> Turn)[] implementations)
    {
        Series[] series = [.. implementations.Select(implementation => new Series(implementation.Implementation))];
        for (int turn = -warmUp; turn < turns; turn++)
        {
            for (int i = 0; i < implementations.Length; i++)
            {
                int next = (i + turn + warmUp) % implementations.Length;
                IEnumerable<double> values = implementations[next].Turn();
                if (turn >= 0)
                {
                    series[next].Add(values);
                }
            }
        }

        return series;
    }
}
