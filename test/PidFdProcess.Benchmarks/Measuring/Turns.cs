namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>
/// Runs contenders in turns (A B C, B C A, C A B, ...), so that a noisy machine, and what the one before leaves behind, hurt all alike.
/// </summary>
internal static class Turns
{
    /// <summary>Runs so many turns after so many that do not count.</summary>
    public static Series[] Run(int warmUp, int turns, params (string Contender, Func<IEnumerable<double>> Turn)[] contenders)
    {
        Series[] series = [.. contenders.Select(contender => new Series(contender.Contender))];
        for (int turn = -warmUp; turn < turns; turn++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                int next = (i + turn + warmUp) % contenders.Length;
                IEnumerable<double> values = contenders[next].Turn();
                if (turn >= 0)
                {
                    series[next].Add(values);
                }
            }
        }

        return series;
    }
}
