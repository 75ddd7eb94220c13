using System.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Turns events on after a cancelled wait. Does not block, because a handler of Exited may hold the lock of the object and wait for the cancellation.
/// </summary>
internal static class LateEvents
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Turns events on now. If another thread holds the lock of the object, tries again until that thread has let go. The tries take no thread, and
    /// one series of tries serves all waits of a run.
    /// </summary>
    public static void Enable(ProcessHandle handle, Process process)
    {
        if (!ExitedEvent.TryEnableForLater(process, handle.Run) && handle.TryBeginLateEvents())
        {
            _ = RetryAsync(handle, process);
        }
    }

    private static async Task RetryAsync(ProcessHandle handle, Process process)
    {
        do
        {
            await Pause.ForAsync(s_interval, CancellationToken.None).ConfigureAwait(false);
        }
        while (!ExitedEvent.TryEnableForLater(process, handle.Run));
        handle.EndLateEvents();
    }
}
