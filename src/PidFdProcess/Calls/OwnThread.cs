namespace PidFdProcess.Calls;

/// <summary>Runs a function that blocks for long on its own thread, so that it neither uses a pool thread nor waits for one.</summary>
internal static class OwnThread
{
    public static Task<T> RunAsync<T>(Func<T> function)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
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
        })
        { IsBackground = true, Name = "PidFdProcess tree stop" };
        thread.Start();
        return result.Task;
    }
}
