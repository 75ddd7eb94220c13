using System.Diagnostics;
using PidFdProcess.Handles;

namespace PidFdProcess.Waits;

/// <summary>
/// One task for the exit of a run. All calls that wait for the first of several processes share it. It stays until the process exits, so that a loop
/// of these calls registers each process only once.
/// </summary>
internal static class SharedExit
{
    /// <summary>Gets or starts the task of the run. The caller holds a reference to the handle.</summary>
    public static Task Of(ProcessHandle handle, Process process)
    {
        if (handle.SharedExit is { IsFaulted: false } shared)
        {
            return shared;
        }

        lock (handle)
        {
            if (handle.SharedExit is { IsFaulted: false } existing)
            {
                return existing;
            }

            PendingWait wait = new(handle, process, WaitPromise.Exit);
            if (!wait.Begin(CancellationToken.None).IsFailure)
            {
                return handle.SharedExit = wait.Task;
            }
        }

        // Outside of the lock, because a poll that finds the exit runs listeners of the meter.
        Task polled = PollLoop.HoldUntilExitAsync(handle, CancellationToken.None);
        lock (handle)
        {
            return handle.SharedExit is { IsFaulted: false } other ? other : handle.SharedExit = polled;
        }
    }
}
