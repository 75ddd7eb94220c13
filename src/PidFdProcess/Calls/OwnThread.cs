using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

// Overview
//
// Runs a function that blocks for long on its own thread, so that it needs no thread of the pool.
//
// Constraints: Code that awaits the function goes on in the pool. If the pool is starved, an ordinary work item waits behind all others. Other
// threads block until the function ends, and must not wait for the pool.
//
// Scheme: The thread ends a task for the threads that block. Then a thread of the pool ends another one for the code that awaits, ahead of the work
// that is queued (PoolHop).

/// <summary>A function that blocks for long, with a thread of its own.</summary>
internal sealed class OwnThread<T>(Func<T> function) : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource<T> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the task for threads that block.</summary>
    public Task<T> End => _end.Task;

    /// <summary>Gets the task for code that awaits.</summary>
    public Task<T> Result => _result.Task;

    /// <summary>
    /// Starts the thread. If no thread can be started, the calling thread runs the function. The tree may have used up the limit of processes, and
    /// its stop must work even then.
    /// </summary>
    public void Start()
    {
        try
        {
            new Thread(Run) { IsBackground = true, Name = "PidFdProcess tree stop" }.Start();
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            Complete(_end, function);
            CompleteResult();
        }
    }

    void IThreadPoolWorkItem.Execute() => CompleteResult();

    private static void Complete(TaskCompletionSource<T> task, Func<T> function)
    {
        try
        {
            SetFrom(task, function);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The task has ended. The pool has the continuation and runs it once it has a thread. An exception would end the program here.
        }
    }

    private static void SetFrom(TaskCompletionSource<T> task, Func<T> function)
    {
        try
        {
            task.TrySetResult(function());
        }
        catch (OperationCanceledException e)
        {
            task.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            task.TrySetException(e);
        }
    }

    private void Run()
    {
        Complete(_end, function);
        PoolHop.Queue(this);
    }

    private void CompleteResult()
    {
        Complete(_result, () => _end.Task.GetAwaiter().GetResult());

        // If no code awaits, the exception must not count as unobserved. The other task has it.
        _ = _result.Task.Exception;
    }
}
