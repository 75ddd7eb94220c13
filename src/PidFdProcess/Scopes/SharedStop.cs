using PidFdProcess.Calls;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

/// <summary>The stop of a scope, which all callers share. It has a thread of its own, because the thread pool may be starved.</summary>
internal sealed class SharedStop(ScopeMembers scope)
{
    private readonly object _gate = new();
    private Task<ProcessScopeResult>? _run;
    private StopDecision? _decision;
    private int _waiters;

    /// <summary>Blocks until the stop ends. Needs no pool thread. <see cref="Thread.Interrupt"/> takes effect after the stop.</summary>
    public ProcessScopeResult Wait(int? signal = null, Func<TreeMember, bool>? hasSignalAlready = null)
    {
        Task<ProcessScopeResult> run = Join(signal, hasSignalAlready);
        bool isInterrupted = false;
        try
        {
            while (!run.IsCompleted)
            {
                try
                {
                    ((IAsyncResult)run).AsyncWaitHandle.WaitOne();
                }
                catch (ThreadInterruptedException)
                {
                    // The processes have got their signal. The stop has to go on, because it kills the processes that ignore it.
                    isInterrupted = true;
                }
            }

            return run.GetAwaiter().GetResult();
        }
        finally
        {
            Leave(run);
            if (isInterrupted)
            {
                Thread.CurrentThread.Interrupt();
            }
        }
    }

    /// <summary>Waits until the stop ends or the token is cancelled. If no caller waits any more, the stop ends unless it kills already.</summary>
    public async Task<ProcessScopeResult> WaitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<ProcessScopeResult> run = Join(null, null);
        try
        {
            return await run.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave(run);
        }
    }

    private Task<ProcessScopeResult> Join(int? signal, Func<TreeMember, bool>? hasSignalAlready)
    {
        TaskCompletionSource<ProcessScopeResult> result;
        StopDecision decision;
        lock (_gate)
        {
            _waiters++;
            if (_run is not (null or { IsFaulted: true } or { IsCanceled: true }))
            {
                return _run;
            }

            // Closed on this thread, so that the scope accepts no process after the call has returned.
            scope.Close();
            _waiters = 1;
            _decision = decision = new StopDecision(new CancellationTokenSource());
            result = OwnThread.NewResult<ProcessScopeResult>();
            _run = result.Task;
        }

        // Outside of the lock, because this thread runs the stop if no other can be started.
        OwnThread.Run(() => ScopeStop.Run(scope, signal ?? scope.Plan.Signal, hasSignalAlready, decision), result);
        return result.Task;
    }

    private void Leave(Task<ProcessScopeResult> run)
    {
        lock (_gate)
        {
            if (ReferenceEquals(run, _run) && --_waiters == 0 && !run.IsCompleted && _decision!.TryCancel())
            {
                _run = null;
            }
        }
    }
}
