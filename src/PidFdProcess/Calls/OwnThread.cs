using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

/// <summary>Runs a function that blocks for long on its own thread, so that it neither uses a pool thread nor waits for one.</summary>
internal static class OwnThread
{
    public static Task<T> RunAsync<T>(Func<T> function)
    {
        TaskCompletionSource<T> result = NewResult<T>();
        Run(function, result);
        return result.Task;
    }

    public static TaskCompletionSource<T> NewResult<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Runs the function, and completes the result with what it returns or throws. If no thread can be started, the calling thread runs it. The
    /// tree may have used up the limit of processes, and its stop must work even then.
    /// </summary>
    public static void Run<T>(Func<T> function, TaskCompletionSource<T> result)
    {
        Thread thread = new(() => Complete(function, result)) { IsBackground = true, Name = "PidFdProcess tree stop" };
        try
        {
            thread.Start();
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            Complete(function, result);
        }
    }

    private static void Complete<T>(Func<T> function, TaskCompletionSource<T> result)
    {
        try
        {
            End(function, result);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The task has ended. The pool has the continuation and runs it once it has a thread. An exception would end the program here.
        }
    }

    private static void End<T>(Func<T> function, TaskCompletionSource<T> result)
    {
        try
        {
            result.TrySetResult(function());
        }
        catch (OperationCanceledException e)
        {
            result.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            result.TrySetException(e);
        }
    }
}
