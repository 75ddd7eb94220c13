using System.Diagnostics;

namespace PidFdProcess.Tests.Scope;

/// <summary>Measures a stop. It promises to end one second after the grace period, and a busy machine gets two seconds more.</summary>
/// <remarks>
/// Other programs may use all processors. The thread of the stop then waits for a processor each time it wakes, which the library cannot prevent. A
/// thread beside it wakes as often and more, and the time by which it woke late after the grace period is added to the limit. On a machine that is
/// not busy this is a few milliseconds.
/// </remarks>
internal sealed class StopTime
{
    private static readonly TimeSpan s_more = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(10);

    private readonly TimeSpan _grace;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Thread _thread;
    private TimeSpan _lateWakes;

    public StopTime(TimeSpan grace)
    {
        _grace = grace;
        _thread = new Thread(NapUntilTheEnd) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Stops the watch on the thread that ends the stop, because the test may get a processor later.</summary>
    public Task<ProcessScopeResult> Watch(Task<ProcessScopeResult> stop)
    {
        stop.ContinueWith(_ => _watch.Stop(), TaskContinuationOptions.ExecuteSynchronously);
        return stop;
    }

    public void AssertKept(TestContext context)
    {
        _thread.Join();
        TimeSpan late = _watch.Elapsed - _grace;
        context.WriteLine($"{late.TotalMilliseconds:F0} ms after the grace period, with {_lateWakes.TotalMilliseconds:F0} ms of late wakes");
        Assert.IsLessThan(s_more + _lateWakes, late);
    }

    private void NapUntilTheEnd()
    {
        while (_watch.IsRunning)
        {
            long start = Stopwatch.GetTimestamp();
            Thread.Sleep(s_nap);
            if (_watch.Elapsed > _grace)
            {
                _lateWakes += Stopwatch.GetElapsedTime(start) - s_nap;
            }
        }
    }
}
