using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Turns events on after a wait that ends without them. Does not block, because a handler of Exited may hold the lock of the object and wait for the
/// cancellation.
/// </summary>
internal static class LateEvents
{
    /// <summary>Gets the time between two tries to take the lock of an object.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Turns events on now. If another thread holds the lock of the object, tries again until that thread has let go. The tries take no thread, and
    /// one series of tries serves all waits of a run that has a handle.
    /// </summary>
    public static void Enable(ProcessHandle? handle, Process process, in RunIdentity run)
    {
        if (!ExitedEvent.TryEnableForLater(process, run) && handle?.TryBeginLateEvents() != false)
        {
            _ = RetryAsync(handle, process, run);
        }
    }

    private static async Task RetryAsync(ProcessHandle? handle, Process process, RunIdentity run)
    {
        do
        {
            await Pause.ForAsync(Interval, CancellationToken.None).ConfigureAwait(false);
        }
        while (!ExitedEvent.TryEnableForLater(process, run));
        handle?.EndLateEvents();
    }
}
