namespace PidFdProcess.Linux;

/// <summary>Waits for the exits of processes of which there is nothing but a pidfd.</summary>
internal static class PidFdExits
{
    /// <summary>Waits until all have exited. A pidfd that cannot be watched counts as one that has not.</summary>
    /// <returns><see langword="false"/> if the time was over or the token cancelled first.</returns>
    public static async Task<bool> WhenAllAsync(
        ExitWatcher watcher, IEnumerable<SafePidFdHandle> pidFds, int milliseconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(milliseconds);
        List<(ExitWatch Watch, Waiter Waiter)> waits = [];
        try
        {
            bool watched = true;
            foreach (SafePidFdHandle pidFd in pidFds)
            {
                Waiter waiter = new();
                ExitWatch watch = new(watcher, pidFd);
                waits.Add((watch, waiter));
                watched &= watch.Add(waiter) == 0;
            }

            foreach ((_, Waiter waiter) in waits)
            {
                await waiter.Task.WaitAsync(limit.Token).ConfigureAwait(false);
            }

            return watched;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            foreach ((ExitWatch watch, Waiter waiter) in waits)
            {
                watch.Remove(waiter);
            }
        }
    }

    private sealed class Waiter() : ExitWaiter(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        protected override void OnDecided() => TrySetResult();
    }
}
