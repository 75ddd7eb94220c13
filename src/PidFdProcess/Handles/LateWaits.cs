using System.Diagnostics;

namespace PidFdProcess.Handles;

/// <summary>The waits whose process has exited but has not been reaped. Only the thread of the event loop uses this class.</summary>
internal sealed class LateWaits
{
    private const int LongestMilliseconds = 50;

    // About as long as the runtime takes to reap. A sleep and the wake-up take as long.
    private static readonly TimeSpan s_spin = TimeSpan.FromMicroseconds(300);

    // The code of a list of references is precompiled. That of a list of pairs would be compiled in every program.
    private readonly List<LateWait> _waits = [];
    private readonly List<LateWait> _added = [];

    public bool IsEmpty => _waits.Count == 0;

    /// <summary>Adds a wait that has become late in this round.</summary>
    public void Add(ExitWaiter waiter, IWaitOwner owner) => _added.Add(new LateWait(waiter, owner) { Since = Stopwatch.GetTimestamp() });

    /// <summary>How long the loop may sleep. That is 0 shortly after an exit, and later an eighth of the time since the latest exit.</summary>
    public int MillisecondsToNextCheck()
    {
        TimeSpan latest = Stopwatch.GetElapsedTime(_waits[^1].Since);
        return latest < s_spin ? 0 : Math.Clamp((int)(latest.TotalMilliseconds / 8), 1, LongestMilliseconds);
    }

    /// <summary>Checks each wait once for the reap of its process, and removes the waits that have ended.</summary>
    /// <param name="wasIdle">Whether no exit was reported in this round, so that other threads may have the processor.</param>
    public void CheckReaps(bool wasIdle)
    {
        if (_waits.Count > 0)
        {
            if (wasIdle)
            {
                Thread.Yield();
            }

            int left = 0;
            for (int i = 0; i < _waits.Count; i++)
            {
                LateWait wait = _waits[i];
                if (!wait.Waiter.CheckReap(Stopwatch.GetElapsedTime(wait.Since)))
                {
                    _waits[left++] = wait;
                }
            }

            _waits.RemoveRange(left, _waits.Count - left);
        }

        _waits.AddRange(_added);
        _added.Clear();
    }

    /// <summary>Ends the waits of a table that were late at a time, as <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public void EndAllOf(IWaitOwner owner, long time)
    {
        EndAllOf(owner, time, _waits);
        EndAllOf(owner, time, _added);
    }

    public void EndAll()
    {
        foreach (LateWait wait in _waits)
        {
            wait.Waiter.OnEnd(WaitEnd.LoopFailed);
        }

        _waits.Clear();
    }

    private static void EndAllOf(IWaitOwner owner, long time, List<LateWait> waits)
    {
        for (int i = waits.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(waits[i].Owner, owner) && waits[i].Since <= time)
            {
                waits[i].Waiter.OnEnd(WaitEnd.Disposed);
                waits.RemoveAt(i);
            }
        }
    }

    // When the exit was reported is kept here, because few waits become late.
    private sealed class LateWait(ExitWaiter waiter, IWaitOwner owner)
    {
        public ExitWaiter Waiter => waiter;

        public IWaitOwner Owner => owner;

        public long Since { get; set; }
    }
}
