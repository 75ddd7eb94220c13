using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// A program whose pool has no thread and which can start none, because its limit of processes is used up. It disposes a registry with two pending
/// waits. Prints whether both end, and whether the code that awaits them goes on once threads can be started again.
/// </summary>
internal static class EmptyPool
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs on the main thread, because another one might be of the pool.</summary>
    public static Task RunAsync() => PidsGroup.RunIn(Run);

    private static void Run(PidsGroup group)
    {
        using ProcessHandleRegistry registry = new();
        Process[] children = [Shell.StartSleeper(), Shell.StartSleeper()];
        Task[] waits = [.. children.Select(child => registry.WaitForExitAsync(child))];
        Task[] resumed = [.. waits.Select(ResumeAsync)];
        group.ForbidThreads();
        Answers.Print("a thread can be started", PidsGroup.CanStartThread());
        Answers.Print("threads of the pool", ThreadPool.ThreadCount);
        registry.Dispose();
        Answers.Print("the waits have ended", Array.TrueForAll(waits, static wait => wait.IsFaulted));
        group.AllowThreads();

        // The pool counts the thread that it could not start, so it needs a higher minimum to start another one.
        ThreadPool.SetMinThreads(16, 16);
        Answers.Print("the awaiting code goes on", Condition.TryWaitFor(() => Array.TrueForAll(resumed, static each => each.IsCompleted), s_limit));
        Array.ForEach(children, static child => child.Kill());
    }

    private static async Task ResumeAsync(Task wait)
    {
        try
        {
            await wait.ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
