using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Linux;

namespace PidFdProcess.Handles;

// Overview
//
// Ends waits as soon as their process has been reaped.
//
// Constraints: The runtime reaps some ten microseconds after the exit, or much later on a busy machine. A thread that yields the processor there gets
// it back after all others, which takes longer than the reap.
//
// Scheme: Spin for some microseconds, and then sleep until the kernel reports the reap of the latest process (POLLHUP). The first reap shows whether
// this kernel reports it. If it does not, yield between the looks, and then look again and again. The later the reap, the rarer the looks. If a reap
// came late, the machine is probably busy, and a spin takes the processor from the thread that reaps. So the loop does not spin until two reaps in a
// row came early.

/// <summary>The waits whose process has exited but has not been reaped. Only the thread of the event loop uses this class.</summary>
internal sealed class LateWaits(IKernel kernel)
{
    private const int LongestMilliseconds = 50;
    private const int EarlyReapsBeforeSpin = 2;

    // A sleep would end no earlier, because the wake-up takes as long. With one processor, the runtime needs it for the reap.
    private static readonly TimeSpan s_spin = TimeSpan.FromMicroseconds(100);
    private static readonly bool s_hasOneProcessor = Environment.ProcessorCount == 1;

    // Longer than the spin, because the wake-up after a sleep is part of the time.
    private static readonly TimeSpan s_early = TimeSpan.FromMicroseconds(200);

    // The code of a list of references is precompiled. That of a list of pairs would be compiled in every program.
    private readonly List<LateWait> _waits = [];
    private readonly List<LateWait> _added = [];

    private bool _isReportKnown;
    private bool _reportsReap;
    private int _earlyReaps = EarlyReapsBeforeSpin;

    public bool IsEmpty => _waits.Count == 0;

    /// <summary>Adds a wait that has become late in this round.</summary>
    /// <param name="waiter">The wait.</param>
    /// <param name="registration">The registration that had the wait.</param>
    /// <param name="since">When the exit was reported and the registration still had the wait, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void Add(ExitWaiter waiter, ExitRegistration registration, long since) => _added.Add(new LateWait(waiter, registration, since));

    /// <summary>Sleeps until the kernel reports a reap or an exit, if it reports reaps. Returns how long the loop may wait for an exit now.</summary>
    public int SleepUntilReap(SafeFileHandle epoll)
    {
        LateWait latest = _waits[^1];
        if (Stopwatch.GetElapsedTime(latest.ReportedAt) < s_spin && CanSpinFor(latest))
        {
            // After the report, the thread that has reaped needs the processor for a moment.
            if (!_reportsReap || latest.IsReapReported)
            {
                Thread.Yield();
            }

            return 0;
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(latest.ReportedAt);
        int milliseconds = Math.Clamp((int)(elapsed.TotalMilliseconds / 8), 1, LongestMilliseconds);
        return _reportsReap && !latest.IsReapReported && TryPoll(epoll, latest, milliseconds) ? 0 : milliseconds;
    }

    /// <summary>Checks each wait once for the reap of its process, and removes the waits that have ended.</summary>
    public void CheckReaps(SafeFileHandle epoll)
    {
        if (_waits.Count > 0)
        {
            int left = 0;
            for (int i = 0; i < _waits.Count; i++)
            {
                LateWait wait = _waits[i];
                if (!(_isReportKnown ? Check(wait) : CheckAndLearn(epoll, wait)))
                {
                    _waits[left++] = wait;
                }
                else
                {
                    bool isEarly = Stopwatch.GetElapsedTime(wait.Since) < s_early;
                    _earlyReaps = isEarly ? Math.Min(_earlyReaps + 1, EarlyReapsBeforeSpin) : 0;
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

    /// <summary>Whether the loop may look again at once for some microseconds. A kernel that does not report reaps leaves no choice.</summary>
    private bool CanSpinFor(LateWait wait) =>
        !_reportsReap || (!s_hasOneProcessor && (wait.IsReapReported || _earlyReaps == EarlyReapsBeforeSpin));

    private static bool Check(LateWait wait) => wait.Waiter.CheckReap(Stopwatch.GetElapsedTime(wait.Since));

    /// <summary>
    /// Checks the wait, and if its process has been reaped, learns whether this kernel reports reaps. The reference is released before the wait ends,
    /// because code that awaits it may count descriptors.
    /// </summary>
    private bool CheckAndLearn(SafeFileHandle epoll, LateWait wait)
    {
        if (!wait.Registration.TryAddRef())
        {
            return Check(wait);
        }

        if (kernel.IsReaped(wait.Registration.PidFd))
        {
            _isReportKnown = true;
            _reportsReap = kernel.PollForReap(epoll, wait.Registration.PidFd, 0, out bool reaped) == 0 && reaped;
        }

        wait.Registration.Release();
        return Check(wait);
    }

    /// <summary>Polls for the reap. Fails if that is not possible, so that the caller sleeps in another way.</summary>
    private bool TryPoll(SafeFileHandle epoll, LateWait wait, int milliseconds)
    {
        if (!wait.Registration.TryAddRef())
        {
            return false;
        }

        Errno error = kernel.PollForReap(epoll, wait.Registration.PidFd, milliseconds, out bool reaped);
        wait.Registration.Release();

        // Another poll would return at once. The runtime learns of the reap some microseconds later, or never.
        if (reaped || error is not (0 or Errno.EINTR))
        {
            wait.NoteReported();
        }

        return error is 0 or Errno.EINTR;
    }

    private static void EndAllOf(IWaitOwner owner, long time, List<LateWait> waits)
    {
        for (int i = waits.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(waits[i].Registration.Owner, owner) && waits[i].Since <= time)
            {
                waits[i].Waiter.OnEnd(WaitEnd.Disposed);
                waits.RemoveAt(i);
            }
        }
    }

    // The time of the report is kept here and not in every wait, because few waits become late.
    private sealed class LateWait(ExitWaiter waiter, ExitRegistration registration, long since)
    {
        public ExitWaiter Waiter => waiter;

        public ExitRegistration Registration => registration;

        /// <summary>Gets when the exit was reported, as <see cref="Stopwatch.GetTimestamp"/>.</summary>
        public long Since => since;

        /// <summary>Gets when the wait became late, or later when the reap was reported.</summary>
        public long ReportedAt { get; private set; } = Stopwatch.GetTimestamp();

        public bool IsReapReported { get; private set; }

        public void NoteReported() => (IsReapReported, ReportedAt) = (true, Stopwatch.GetTimestamp());
    }
}
