using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

/// <summary>A run without a pidfd, and why it has none.</summary>
internal sealed class StockRun(int processId, RunIdentity run, StockCause cause, string reason)
{
    private int _isExitCounted;

    public int ProcessId => processId;

    public RunIdentity Run => run;

    public StockCause Cause => cause;

    public string Reason => reason;

    /// <summary>Succeeds once, so that an exit that the runtime has told is counted once.</summary>
    public bool TryCountExit() => Interlocked.Exchange(ref _isExitCounted, 1) == 0;
}
