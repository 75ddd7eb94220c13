using PidFdProcess.Runtime;

namespace PidFdProcess.Handles;

/// <summary>Pauses that end early if a process exits.</summary>
internal static class ExitPause
{
    /// <summary>
    /// Waits until the process exits or the time is over. If the event loop cannot register the wait, the pause lasts for the whole time.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The registry that the registration belongs to was disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task WaitAsync(ExitRegistration registration, TimeSpan limit, CancellationToken cancellationToken)
    {
        Waiter waiter = new();
        if (registration.Add(waiter).IsFailure)
        {
            await Pause.ForAsync(limit, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            // WhenAny, so that the end of the time costs no exception.
            Task ended = await Task.WhenAny(waiter.Task, Pause.ForAsync(limit, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            await ended.ConfigureAwait(false);
        }
        finally
        {
            registration.Remove(waiter);
        }
    }

    private sealed class Waiter() : ExitWaiter(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal override bool IsPending => !Task.IsCompleted;

        internal override bool OnExit()
        {
            SetEnded();
            return true;
        }

        internal override bool CheckReap(TimeSpan sinceExit) => true;

        internal override void OnEnd(WaitEnd end)
        {
            if (end == WaitEnd.Disposed)
            {
                SetFailed(DisposedRegistry.Exception());
            }

            // Otherwise the event loop has failed, and the wait ends when the time is over.
        }
    }
}
