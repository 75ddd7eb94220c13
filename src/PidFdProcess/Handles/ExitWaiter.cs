namespace PidFdProcess.Handles;

/// <summary>How the watch over a process ended for one of those who wait.</summary>
internal enum WaitOutcome
{
    Pending,
    Exited,
    Canceled,
    Disposed,
    Failed,
}

/// <summary>
/// Someone who waits for an exit: a task and a link in the list of its <see cref="ExitRegistration"/> in one object, for 10,000 pending waits
/// are 10,000 of these.
/// </summary>
internal abstract class ExitWaiter(TaskCreationOptions options = TaskCreationOptions.None) : TaskCompletionSource(options)
{
    private int _outcome;

    /// <summary>The links and the flag belong to the watch, under its lock.</summary>
    internal ExitWaiter? Previous { get; set; }

    internal ExitWaiter? Next { get; set; }

    internal bool IsLinked { get; set; }

    internal bool IsPending => Outcome == WaitOutcome.Pending;

    protected WaitOutcome Outcome => (WaitOutcome)Volatile.Read(ref _outcome);

    /// <summary>Decides the wait unless it is decided, and passes the rest on to another thread: the caller may be the watcher.</summary>
    internal void Decide(WaitOutcome outcome)
    {
        if (TryDecide(outcome))
        {
            OnDecided();
        }
    }

    protected bool TryDecide(WaitOutcome outcome) =>
        Interlocked.CompareExchange(ref _outcome, (int)outcome, (int)WaitOutcome.Pending) == (int)WaitOutcome.Pending;

    protected abstract void OnDecided();
}
