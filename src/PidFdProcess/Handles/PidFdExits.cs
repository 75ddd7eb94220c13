namespace PidFdProcess.Handles;

/// <summary>Waits for the exits of processes of which there is nothing but a pidfd.</summary>
internal static class PidFdExits
{
    /// <summary>Gets how long to wait between two looks where the watcher is out of resources.</summary>
    public static TimeSpan LookInterval { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until all have exited. Where the watcher is out of resources, it looks now and then.</summary>
    /// <returns><see langword="false"/> if the time was over or the token cancelled first.</returns>
    public static async Task<bool> WhenAllAsync(
        PidFdPlatform platform, IEnumerable<SafePidFdHandle> pidFds, int milliseconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(milliseconds);
        List<(ExitRegistration Watch, Waiter Waiter)> waits = [];
        try
        {
            foreach (SafePidFdHandle pidFd in pidFds)
            {
                Waiter waiter = new();
                ExitRegistration watch = new(platform.Watcher, pidFd);
                waits.Add((watch, waiter));
                if (watch.Add(waiter, out _) != 0)
                {
                    waiter.Decide(WaitOutcome.Failed);
                }
            }

            foreach ((ExitRegistration watch, Waiter waiter) in waits)
            {
                await waiter.Task.WaitAsync(limit.Token).ConfigureAwait(false);
                while (platform.Kernel.Poll(watch.PidFd, milliseconds: 0, out bool exited) != 0 || !exited)
                {
                    await Task.Delay(LookInterval, limit.Token).ConfigureAwait(false);
                }
            }

            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            foreach ((ExitRegistration watch, Waiter waiter) in waits)
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
