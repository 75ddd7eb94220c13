using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Scope;

/// <summary>Measures a stop against its promise, which is the grace period and one second more.</summary>
/// <remarks>
/// Other programs may use all processors. The library cannot hurry then, so the time after the grace period in which processes waited for a processor
/// is added. <c>/proc/pressure/cpu</c> tells it, and it is near 0 on a machine that is not busy. Without that file nothing is added.
/// </remarks>
internal sealed class StopTime
{
    private static readonly TimeSpan s_more = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _grace;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Task<TimeSpan> _stalledBefore;

    public StopTime(TimeSpan grace)
    {
        _grace = grace;
        _stalledBefore = Task.Delay(grace).ContinueWith(static _ => Stalled(), TaskScheduler.Default);
    }

    public void AssertKept(TestContext context)
    {
        _watch.Stop();
        TimeSpan late = _watch.Elapsed - _grace;
        TimeSpan stalled = _stalledBefore.IsCompleted ? Stalled() - _stalledBefore.Result : TimeSpan.Zero;
        context.WriteLine($"{late.TotalMilliseconds:F0} ms after the grace period, with {stalled.TotalMilliseconds:F0} ms of waits for a processor");
        Assert.IsLessThan(s_more + stalled, late);
    }

    private static TimeSpan Stalled()
    {
        try
        {
            // The first line ends with the total in microseconds.
            string line = File.ReadLines("/proc/pressure/cpu").First();
            string total = line[(line.IndexOf("total=", StringComparison.Ordinal) + 6)..];
            return TimeSpan.FromMicroseconds(long.Parse(total, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return TimeSpan.Zero;
        }
    }
}
