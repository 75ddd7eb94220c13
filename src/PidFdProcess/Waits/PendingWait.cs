using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

// Overview
//
// Ends an asynchronous wait at the exit, and leaves the object as a stock wait does.
//
// Constraints: The event loop must neither block nor run user code. A wait for a child ends after the runtime has reaped it, at the latest 10 s after
// the exit. A cancelled wait leaves events on, as the stock wait does. A starved thread pool must not delay the task more than it delays a stock
// wait.
//
// Scheme: The exit, the token, the end of the registry and a failure of the event loop compete to change the state from Pending. The thread that
// changes it ends the task if no user code has to run for that. The continuations go to the thread pool, unless the program asked for inline
// completions. A SynchronizationContext or TaskScheduler of the caller is user code that the thread runs that ends the task. So if there is one, a
// pool thread ends the task. If other user code has to run, a pool thread raises Exited and waits for the streams before the task ends.

/// <summary>A pending asynchronous wait.</summary>
internal class PendingWait(ProcessHandle handle, Process process, WaitPromise promise)
    : ExitWaiter(handle.CompletesInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously), IThreadPoolWorkItem
{
    private const int Pending = 0;
    private const int Exited = 1;
    private const int Canceled = 2;
    private const int Disposed = 3;
    private const int Failed = 4;

    // The context of the caller, in which handlers of Exited run, as in the stock wait. Null if its flow is suppressed or no handler can run.
    private readonly ExecutionContext? _context = promise == WaitPromise.Exit ? null : ExecutionContext.Capture();

    // Whether the caller may await the task in a context of its own. Tasks that promise the exit alone stay inside this library.
    private readonly bool _endsOnPool = promise != WaitPromise.Exit && !handle.CompletesInline
        && (SynchronizationContext.Current is not null || TaskScheduler.Current != TaskScheduler.Default);

    private readonly bool _hasTurnedEventsOn = promise != WaitPromise.Exit && WaitEvents.Mark(process, handle.Run);

    private CancellationTokenRegistration _cancellation;
    private int _state;

    private CancellationToken CancellationToken => _cancellation.Token;

    internal override bool IsPending => Volatile.Read(ref _state) == Pending;

    /// <summary>Starts the wait. The caller holds a reference to the handle.</summary>
    /// <returns>Why the event loop cannot register the wait, which then goes on by polls.</returns>
    public CallFailure Begin(CancellationToken cancellationToken)
    {
        if (!handle.TryAddRef())
        {
            SetEnded();
            return CallFailure.Because(ErrnoTable.EpollCtl, "the pidfd is closed");
        }

        PidFdMetrics.WaitBegan();

        // Register with the token before the loop knows of the wait. Otherwise an exit could end the wait first, and the registration would stay.
        _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((PendingWait)state!).Cancel(token), this);
        CallFailure failure = handle.Add(this);
        if (!failure.IsFailure || !TrySetState(Failed))
        {
            return default;
        }

        _cancellation.Unregister();
        EndWithUserCode();
        return failure;
    }

    void IThreadPoolWorkItem.Execute() => EndWithUserCode();

    internal override bool OnExit()
    {
        ExitCount.CaptureAndCountOnPool(handle);
        if (promise == WaitPromise.Exit)
        {
            // The task ends here. The pidfd is closed once the process has been reaped.
            if (IsPending)
            {
                EndAfterExit();
            }

            CloseAfterReap.Begin(handle);
            return true;
        }

        return !handle.IsChild ? EndAfterExit() : CheckReap(TimeSpan.Zero);
    }

    internal override bool CheckReap(TimeSpan sinceExit)
    {
        // A cancellation on another thread releases the reference of this wait, which may be the last one.
        if (!IsPending || !handle.TryAddRef())
        {
            return true;
        }

        bool isOver = ReapWait.IsOver(process, handle, sinceExit);
        handle.Release();
        return isOver && EndAfterExit();
    }

    internal override void OnEnd(WaitEnd end)
    {
        if (TrySetState(end == WaitEnd.Disposed ? Disposed : Failed))
        {
            _cancellation.Unregister();
            if (end == WaitEnd.Disposed)
            {
                LeaveEventsOn(context: null);
            }

            if (end == WaitEnd.Disposed && !_endsOnPool)
            {
                EndWith(DisposedRegistry.DuringWait(handle.ProcessId));
            }
            else
            {
                PoolHop.Queue(this);
            }
        }
    }

    /// <summary>Called between two polls. Ends the wait if no call needs it.</summary>
    internal virtual bool TryEndUnused() => false;

    private bool EndAfterExit()
    {
        if (!TrySetState(Exited))
        {
            return true;
        }

        _cancellation.Unregister();
        if (promise == WaitPromise.Exit)
        {
            LetGo();
            EndTask();
        }
        else if (CompletesHere())
        {
            EndTask();
        }
        else if (handle.CompletesInline)
        {
            EndWithUserCode();
        }
        else
        {
            PoolHop.Queue(this);
        }

        return true;
    }

    /// <summary>
    /// Ends the task on this thread. If work is queued in the pool, a pool thread ends the task, so that the continuations overtake that work.
    /// </summary>
    private void EndTask()
    {
        if (_endsOnPool)
        {
            PoolHop.CompleteAlone(this);
        }
        else if (handle.CompletesInline || !PoolHop.IsBusy)
        {
            SetEnded();
        }
        else
        {
            PoolHop.Complete(this);
        }
    }

    /// <summary>Ends the wait on the event loop if no user code has to run for that.</summary>
    private bool CompletesHere()
    {
        if (!handle.Run.IsCurrentIn(process))
        {
            // The object was closed or restarted, so it has no state of this run.
            handle.NoteEnd(RunEnd.KnownToRuntime);
            LetGo();
            return true;
        }

        if ((promise == WaitPromise.StockStateAndOutput && ProcessFields.HasOutput(process))
            || !ExitedEvent.TryEndWithoutHandlers(process, handle.Run, out RuntimeState state))
        {
            return false;
        }

        StockEnd.NoteState(handle, state);
        LetGo();
        return true;
    }

    /// <summary>Ends the wait as cancelled, unless it has ended.</summary>
    protected void Cancel(CancellationToken cancellationToken)
    {
        if (TrySetState(Canceled))
        {
            handle.Remove(this);
            LeaveEventsOn(_context);
            LetGo();
            if (handle.CompletesInline)
            {
                // The task's continuations would run on the thread that cancels.
                SetCanceledOnPool(cancellationToken);
            }
            else
            {
                SetCanceledBy(cancellationToken);
            }
        }
    }

    /// <summary>Ends the wait on a thread that may run user code.</summary>
    private void EndWithUserCode()
    {
        try
        {
            // Without the event loop, the wait goes on by polls.
            Task rest = _state switch
            {
                Failed => PollLoop.UntilEndAsync(this, _context, process, handle, promise, CancellationToken),
                Disposed => Task.FromException(DisposedRegistry.DuringWait(handle.ProcessId)),
                _ => StockEnd.RaiseInContext(_context, process, handle, promise, CancellationToken),
            };
            if (rest.IsCompletedSuccessfully)
            {
                LetGo();
                SetEnded();
            }
            else
            {
                _ = CompleteFromAsync(rest);
            }
        }
        catch (Exception e)
        {
            // A handler of Exited has thrown. A stock wait can run handlers inside its call, too.
            EndWith(e);
        }
    }

    private async Task CompleteFromAsync(Task rest)
    {
        try
        {
            await rest.ConfigureAwait(false);
            LetGo();
            SetEnded();
        }
        catch (OperationCanceledException e)
        {
            LeaveEventsOn(_context);
            LetGo();
            SetCanceledBy(e.CancellationToken);
        }
        catch (Exception e)
        {
            // The registry may have been disposed between two polls.
            LeaveEventsOn(_context);
            EndWith(e);
        }
    }

    private void EndWith(Exception exception)
    {
        LetGo();
        SetFailed(exception);
        if (DisposedRegistry.IsCauseOf(exception))
        {
            // The app may have dropped the task before it disposed the registry.
            _ = Task.Exception;
        }
    }

    /// <summary>Lets Exited be raised later, after a wait that ends without an exit.</summary>
    private void LeaveEventsOn(ExecutionContext? context)
    {
        if (_hasTurnedEventsOn)
        {
            WaitEvents.RegisterIn(context, process, handle.Run);
        }
    }

    /// <summary>Releases the reference. To be called before the task ends, because code that awaits it may count descriptors.</summary>
    private void LetGo()
    {
        handle.Release();
        PidFdMetrics.WaitEnded();
    }

    private bool TrySetState(int state) => Interlocked.CompareExchange(ref _state, state, Pending) == Pending;
}
