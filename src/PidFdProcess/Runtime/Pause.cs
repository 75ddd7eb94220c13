using System.Diagnostics;

namespace PidFdProcess.Runtime;

/// <summary>
/// Waits for a time. The first timer of a program starts a thread, which takes two descriptors. If it cannot start, pool threads sleep instead.
/// </summary>
internal static class Pause
{
    // A pool thread sleeps no longer, so that the pool runs other work between the sleeps.
    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the time is over or the token is cancelled.</summary>
    public static Task ForAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            return Task.Delay(time, cancellationToken);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            return SleepAsync(time, cancellationToken);
        }
    }

    /// <summary>Looks whether something is over, with pauses between the looks, until it is or the token is cancelled.</summary>
    public static async Task UntilAsync(Func<bool> isOver, TimeSpan interval, CancellationToken cancellationToken)
    {
        while (!isOver())
        {
            await ForAsync(interval, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Cancels the source when the time is over, unless the source was cancelled or disposed before. -1 ms means never.</summary>
    public static void CancelAfter(CancellationTokenSource source, int milliseconds)
    {
        try
        {
            source.CancelAfter(milliseconds);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            _ = CancelLaterAsync(source, TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private static async Task SleepAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        for (TimeSpan left = time; left > TimeSpan.Zero; left = time - Stopwatch.GetElapsedTime(start))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await SleepOnPool(left).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task CancelLaterAsync(CancellationTokenSource source, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            for (TimeSpan left = time; left > TimeSpan.Zero; left = time - Stopwatch.GetElapsedTime(start))
            {
                // A disposed source throws here.
                if (source.Token.IsCancellationRequested)
                {
                    return;
                }

                await SleepOnPool(left).ConfigureAwait(false);
            }

            await source.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The wait that the source limits has ended.
        }
    }

    private static Task SleepOnPool(TimeSpan left)
    {
        TimeSpan time = left < s_slice ? left : s_slice;
        try
        {
            return Task.Run(() => Thread.Sleep(time));
        }
        catch (TaskSchedulerException)
        {
            // The pool needs another thread and cannot start it.
            Thread.Sleep(time);
            return Task.CompletedTask;
        }
    }
}
