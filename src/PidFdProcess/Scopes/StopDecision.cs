namespace PidFdProcess.Scopes;

/// <summary>
/// Decides once whether a stop is cancelled or completes. A stop that kills must complete, because no later stop can tell how the killed processes
/// ended.
/// </summary>
/// <param name="source">What ends the stop.</param>
internal sealed class StopDecision(CancellationTokenSource source)
{
    private const int Canceled = 1;
    private const int Completing = 2;

    private int _decision;

    /// <summary>Gets a token that is cancelled only if the stop may not complete.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Cancels the stop.</summary>
    /// <returns><see langword="false"/> if it is too late.</returns>
    public bool TryCancel()
    {
        if (Interlocked.CompareExchange(ref _decision, Canceled, 0) == Completing)
        {
            return false;
        }

        source.Cancel();
        return true;
    }

    /// <summary>Decides that the stop completes. Called before the first kill, and before the processes leave the scope.</summary>
    /// <exception cref="OperationCanceledException">The stop has been cancelled.</exception>
    public void Complete()
    {
        if (Interlocked.CompareExchange(ref _decision, Completing, 0) == Canceled)
        {
            throw new OperationCanceledException(source.Token);
        }
    }
}
