using System.Diagnostics;
using PidFdProcess.Handles;

namespace PidFdProcess.Waits;

/// <summary>Waits by a look now and then, for a program that is out of descriptors, watches or threads.</summary>
internal static class LookLoop
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until the pidfd reports the exit. A pidfd that cannot be polled is looked at again.</summary>
    public static async Task UntilExitAsync(ProcessHandle handle, CancellationToken cancellationToken)
    {
        while (handle.Poll(0, out bool exited).IsFailure || !exited)
        {
            await Task.Delay(s_interval, cancellationToken).ConfigureAwait(false);
        }

        ExitCount.Note(handle);
    }

    /// <summary>After the exit: waits until the runtime knows of it, or the longest time of a reap is over.</summary>
    public static async Task UntilKnownAsync(ProcessHandle handle, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (handle.IsChild && !ReapWait.IsKnown(handle)
            && Stopwatch.GetElapsedTime(start).TotalMilliseconds < ReapWait.LongestMilliseconds)
        {
            await Task.Delay(s_interval, cancellationToken).ConfigureAwait(false);
        }
    }
}
