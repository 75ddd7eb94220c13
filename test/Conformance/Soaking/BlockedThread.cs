using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Runs blocking waits on threads of their own.</summary>
internal static class BlockedThread
{
    // Of poll on x64, and of ppoll there and on arm64.
    private static readonly string[] s_pollNumbers = ["7 ", "271 ", "73 "];

    /// <summary>
    /// Starts to wait, and returns when the thread blocks in the kernel or is done: what the caller does next must not come before the wait.
    /// </summary>
    public static Task<T> Start<T>(Func<T> wait)
    {
        int threadId = 0;
        Task<T> task = Task.Factory.StartNew(
            () =>
            {
                Volatile.Write(ref threadId, Native.ThreadId());
                return wait();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Check.Eventually(() => task.IsCompleted || IsInPoll(Volatile.Read(ref threadId)));
        return task;
    }

    private static bool IsInPoll(int threadId)
    {
        try
        {
            string call = threadId == 0 ? "" : File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{threadId}/syscall"));
            return Array.Exists(s_pollNumbers, number => call.StartsWith(number, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // The thread has ended.
            return false;
        }
    }
}
