namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>Runs contenders in turns (A B C A B C ...), so that a noisy machine hurts all alike.</summary>
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
                IEnumerable<double> values = contenders[i].Turn();
                if (turn >= 0)
                {
                    series[i].Add(values);
                }
            }
        }

        return series;
    }
}
