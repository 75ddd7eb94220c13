using System.Diagnostics;

namespace PidFdProcess.Linux;

// A member that gets a signal may start another process and exit within a fraction of a millisecond. As long as that is likely, the tree is
// listed without a pause. Later the pauses grow, and are never shorter than the listing itself.
internal sealed class TreePace
{
    private const int MaxPause = 50;

    private static readonly TimeSpan s_tight = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan s_close = TimeSpan.FromMilliseconds(200);

    private long _event = Stopwatch.GetTimestamp();
    private int _pause = 1;

    /// <summary>Gets whether a signal was sent, or a member has exited, a moment ago.</summary>
    public bool IsTight => Stopwatch.GetElapsedTime(_event) < s_tight;

    /// <summary>Notes that a signal was sent or a member has exited.</summary>
    public void Tighten()
    {
        _event = Stopwatch.GetTimestamp();
        _pause = 1;
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
}
