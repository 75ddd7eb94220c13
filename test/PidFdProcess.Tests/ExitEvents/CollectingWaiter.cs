using PidFdProcess.Handles;

namespace PidFdProcess.Tests.ExitEvents;

/// <summary>A waiter that notes its outcome and the thread that decided it.</summary>
internal sealed class CollectingWaiter : ExitWaiter
{
    public WaitOutcome Decided => Outcome;

    public int Decisions { get; private set; }

    public Thread? DecidedBy { get; private set; }

    public async Task<WaitOutcome> EndAsync()
    {
        await Task.WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        return Outcome;
    }

    protected override void OnDecided()
    {
        Decisions++;
        DecidedBy = Thread.CurrentThread;
        ThreadPool.UnsafeQueueUserWorkItem(static waiter => waiter.SetResult(), this, preferLocal: false);
    }
}
