using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Scope;

/// <summary>
/// Measures a stop against its promise: the grace period and one second more. Other programs may use all processors, so the time in which processes
/// waited for a processor is added, as <c>/proc/pressure/cpu</c> tells it. Without that file nothing is added.
/// </summary>
internal sealed class StopTime(TimeSpan grace)
{
    private static readonly TimeSpan s_more = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _stalled = Stalled();
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public void AssertKept(TestContext context)
    {
        _watch.Stop();
        TimeSpan stalled = Stalled() - _stalled;
        TimeSpan late = _watch.Elapsed - grace;
        context.WriteLine(
            $"{late.TotalMilliseconds:F0} ms after the grace period, of which processes waited {stalled.TotalMilliseconds:F0} ms for a CPU");
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
