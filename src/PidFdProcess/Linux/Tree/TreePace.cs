using System.Diagnostics;

namespace PidFdProcess.Linux;

// Overview
//
// Decides how often a tree is listed during its stop.
//
// Constraints: A member that gets a signal, or whose child exits, may start another process and exit within a fraction of a millisecond. A tree may
// also start short processes all the time.
//
// Scheme: Just after a signal or an exit the tree is listed without a pause, then with pauses of a fraction of a millisecond. On a busy machine a
// thread that sleeps for a short time gets the processor back sooner than a thread that spins. Later the pauses grow, and are never shorter than the
// listing itself. The time without pauses is limited for each signal.

/// <summary>The pauses between two lists of a tree.</summary>
internal sealed class TreePace
{
    private const int MaxPause = 50;
    private const int ShortPauseMicroseconds = 20;

    private static readonly TimeSpan s_hot = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_tight = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_close = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_maxTight = TimeSpan.FromMilliseconds(300);

    private long _event;
    private TimeSpan _spent;
    private int _pause = 1;

    /// <summary>Gets whether the last signal or exit was less than 30 ms ago.</summary>
    public bool IsTight => Stopwatch.GetElapsedTime(_event) < s_tight;

    /// <summary>Notes that a signal was sent to all members.</summary>
    public void OnSignal()
    {
        _spent = TimeSpan.Zero;
        _event = Stopwatch.GetTimestamp();
        _pause = 1;
    }

    /// <summary>Notes that a member has exited.</summary>
    public void OnExit()
    {
        _pause = 1;
        if (_spent < s_maxTight)
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(_event);
            _spent += elapsed < s_tight ? elapsed : s_tight;
            _event = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Gets the milliseconds until the next listing.</summary>
    /// <param name="listing">How long the last one took.</param>
    public int NextPause(TimeSpan listing)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_event);
        if (elapsed < s_tight)
        {
            return 0;
        }

        int pause = _pause;
        _pause = elapsed < s_close ? 1 : Math.Min(_pause * 2, MaxPause);
        return Math.Max(pause, (int)listing.TotalMilliseconds);
    }

    /// <summary>Sleeps for less than a second. <see cref="Thread.Interrupt"/> does not end it, so that it does not abort a kill halfway.</summary>
    public static void Sleep(int milliseconds) => Libc.SleepMicroseconds((uint)milliseconds * 1000);

    /// <summary>Pauses for a fraction of a millisecond. With several processors, not in the first 2 ms after a signal or exit.</summary>
    public void PauseShortly()
    {
        if (Environment.ProcessorCount == 1 || Stopwatch.GetElapsedTime(_event) > s_hot)
        {
            Libc.SleepMicroseconds(ShortPauseMicroseconds);
        }
    }
}
