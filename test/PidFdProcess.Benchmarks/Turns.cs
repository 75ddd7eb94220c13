using System.Diagnostics;

namespace PidFdProcess.Benchmarks;

/// <summary>Measures two calls in turns (A B A B ...), so that a noisy machine hurts both alike.</summary>
internal static class Turns
{
    public const int Count = 200;
    private const int WarmUp = 20_000;
    private const int Batch = 500;

    public static void Compare(string name, Action ours, Action raw)
    {
        for (int i = 0; i < WarmUp; i++)
        {
            ours();
            raw();
        }

        // Background compilation of the hot code ends before the first turn.
        Thread.Sleep(300);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Batch; i++)
        {
            ours();
        }

        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Batch;
        double[] oursNs = new double[Count];
        double[] rawNs = new double[Count];
        for (int turn = 0; turn < Count; turn++)
        {
            oursNs[turn] = Time(ours);
            rawNs[turn] = Time(raw);
        }

        double median = Median(oursNs);
        double rawMedian = Median(rawNs);
        Console.WriteLine($"{name,-22}{median,8:F0}{rawMedian,8:F0}{median / rawMedian,7:F2}{bytes,7}");
    }

    private static double Time(Action call)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Batch; i++)
        {
            call();
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Batch;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
