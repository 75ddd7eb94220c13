using PidFdProcess.Handles;

namespace PidFdProcess.Tests.Handles;

/// <summary>How a <see cref="CollectingWaiter"/> ended.</summary>
internal enum WaitOutcome
{
    Pending,
    Exited,
    Canceled,
    Disposed,
    Failed,
}

/// <summary>A waiter that notes its outcome and the thread that decided it.</summary>
internal sealed class CollectingWaiter() : ExitWaiter(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private int _outcome;

    public WaitOutcome Decided => (WaitOutcome)Volatile.Read(ref _outcome);

    public int Decisions { get; private set; }

    public Thread? DecidedBy { get; private set; }

    /// <summary>Gets or sets how often the wait asks the loop to look again.</summary>
    public int LooksLeft { get; set; }

    internal override bool IsPending => Decided == WaitOutcome.Pending;

    public async Task<WaitOutcome> EndAsync()
    {
        await Task.WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        return Decided;
    }

    public void Cancel() => Decide(WaitOutcome.Canceled);

    internal override bool OnExit() => CheckReap(TimeSpan.Zero);

    internal override bool CheckReap(TimeSpan sinceExit)
    {
        if (LooksLeft-- > 0)
        {
            return false;
        }

        Decide(WaitOutcome.Exited);
        return true;
    }

    internal override void OnEnd(WaitEnd end) => Decide(end == WaitEnd.Disposed ? WaitOutcome.Disposed : WaitOutcome.Failed);

    private void Decide(WaitOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, (int)outcome, (int)WaitOutcome.Pending) == (int)WaitOutcome.Pending)
        {
            Decisions++;
            DecidedBy = Thread.CurrentThread;
            SetResult();
        }
    }
}
