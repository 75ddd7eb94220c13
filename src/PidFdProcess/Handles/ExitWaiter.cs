using PidFdProcess.Runtime;

namespace PidFdProcess.Handles;

/// <summary>Why a wait ends although its process has not exited.</summary>
internal enum WaitEnd
{
    /// <summary>The registry was disposed.</summary>
    Disposed,

    /// <summary>epoll_wait failed, so the event loop has ended.</summary>
    LoopFailed,
}

/// <summary>
/// A wait for the exit of one process. One object is both the task and the link in the list of its <see cref="ExitRegistration"/>, because a program
/// may have 10,000 pending waits.
/// </summary>
/// <remarks>
/// The event loop calls the abstract members. They must neither block nor run user code, except where the program asked for that. An exception there
/// would end the program. So the task is ended only by the methods that survive a pool without a thread for the continuations.
/// </remarks>
internal abstract class ExitWaiter(TaskCreationOptions options) : TaskCompletionSource(options)
{
    /// <summary>Gets or sets a link of the list, under the lock of the registration.</summary>
    internal ExitWaiter? Previous { get; set; }

    /// <summary>Gets or sets a link of the list, under the lock of the registration.</summary>
    internal ExitWaiter? Next { get; set; }

    /// <summary>Gets or sets whether the list has this wait, under the lock of the registration.</summary>
    internal bool IsLinked { get; set; }

    /// <summary>Gets whether the wait has not ended. A wait that was cancelled before it was added must not be added.</summary>
    internal abstract bool IsPending { get; }

    /// <summary>Called when the process has exited and its status was captured.</summary>
    /// <returns>
    /// Whether the event loop is done with the wait. Otherwise the loop calls <see cref="CheckReap"/> soon, because the process has not been reaped.
    /// </returns>
    internal abstract bool OnExit();

    /// <summary>Checks whether the process has been reaped.</summary>
    /// <param name="sinceExit">The time since <see cref="OnExit"/>.</param>
    /// <returns>Whether the event loop is done with the wait.</returns>
    internal abstract bool CheckReap(TimeSpan sinceExit);

    /// <summary>Called when the wait ends without an exit.</summary>
    internal abstract void OnEnd(WaitEnd end);

    /// <summary>Called when the attachment has released its reference to the pidfd.</summary>
    internal virtual void OnClosing()
    {
    }

    /// <summary>Ends the task after the exit. Does nothing if it has ended.</summary>
    internal void SetEnded()
    {
        try
        {
            TrySetResult();
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // The task has ended. The pool has the first continuation and runs it once it has a thread.
        }
    }

    /// <summary>Ends the task with an exception. Does nothing if it has ended.</summary>
    internal void SetFailed(Exception exception)
    {
        try
        {
            TrySetException(exception);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // As above.
        }
    }

    /// <summary>Ends the task as cancelled by the token, on a thread of the pool.</summary>
    internal void SetCanceledOnPool(CancellationToken cancellationToken) => PoolWork.Queue(new Cancellation(this, cancellationToken));

    /// <summary>Ends the task as cancelled by the token. Does nothing if it has ended.</summary>
    internal void SetCanceledBy(CancellationToken cancellationToken)
    {
        try
        {
            TrySetCanceled(cancellationToken);
        }
        catch (Exception e) when (ThreadShortage.IsCauseOf(e))
        {
            // As above.
        }
    }

    // No tuple with references, because it would bring 200 KB of code that makes types at run time into a program compiled ahead of time.
    private sealed class Cancellation(ExitWaiter wait, CancellationToken cancellationToken) : IThreadPoolWorkItem
    {
        public void Execute() => wait.SetCanceledBy(cancellationToken);
    }
}
