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
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

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
            await Pause.ForAsync(s_interval, CancellationToken.None).ConfigureAwait(false);
        }
        while (!ExitedEvent.TryEnableForLater(process, run));
        handle?.EndLateEvents();
    }
}
