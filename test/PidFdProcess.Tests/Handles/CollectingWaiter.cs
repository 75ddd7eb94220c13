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

/// <summary>A waiter that notes its outcome and the thread that set it.</summary>
internal sealed class CollectingWaiter() : ExitWaiter(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private int _outcome;

    public WaitOutcome Outcome => (WaitOutcome)Volatile.Read(ref _outcome);

    public int Ends { get; private set; }

    public Thread? EndedBy { get; private set; }

    /// <summary>Gets or sets how often the wait asks the loop to check again.</summary>
    public int ChecksLeft { get; set; }

    /// <summary>Gets or sets what the loop's report of the exit runs first.</summary>
    public Action? Reported { get; set; }

    internal override bool IsPending => Outcome == WaitOutcome.Pending;

    public async Task<WaitOutcome> EndAsync()
    {
        await Task.WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        return Outcome;
    }

    public void Cancel() => SetOutcome(WaitOutcome.Canceled);

    internal override bool OnExit()
    {
        Reported?.Invoke();
        return CheckReap(TimeSpan.Zero);
    }

    internal override bool CheckReap(TimeSpan sinceExit)
    {
        if (ChecksLeft-- > 0)
        {
            return false;
        }

        SetOutcome(WaitOutcome.Exited);
        return true;
    }

    internal override void OnEnd(WaitEnd end) => SetOutcome(end == WaitEnd.Disposed ? WaitOutcome.Disposed : WaitOutcome.Failed);

    private void SetOutcome(WaitOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, (int)outcome, (int)WaitOutcome.Pending) == (int)WaitOutcome.Pending)
        {
            Ends++;
            EndedBy = Thread.CurrentThread;
            SetResult();
        }
    }
}
