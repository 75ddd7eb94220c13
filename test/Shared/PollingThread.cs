using System.Globalization;

namespace PidFdProcess.Shared;

/// <summary>Tells whether a thread of this process blocks in poll(2).</summary>
internal static class PollingThread
{
    // poll and ppoll on x64, ppoll on arm64, poll and ppoll on 32-bit ARM.
    private static readonly string[] s_numbers = ["7", "271", "73", "168", "336"];

    public static bool IsInPoll(int threadId)
    {
        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{threadId}/syscall");
            return threadId != 0 && s_numbers.Contains(File.ReadAllText(path).Split(' ')[0]);
        }
        catch (IOException)
        {
            // The thread has ended.
            return false;
        }
    }

    /// <summary>
    /// Runs a blocking wait on a thread of its own. Returns when the thread is in poll or done, so that the caller's next step comes after the wait
    /// has begun.
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
        Condition.WaitFor(() => task.IsCompleted || IsInPoll(Volatile.Read(ref threadId)), "the thread polls", TimeSpan.FromSeconds(60));
        return task;
    }
}
