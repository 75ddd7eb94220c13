using PidFdProcess.Calls;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

/// <summary>The stop of a scope, which all callers share. It has a thread of its own, because the thread pool may be starved.</summary>
internal sealed class SharedStop(ScopeMembers scope)
{
    private readonly object _gate = new();
    private OwnThread<ProcessScopeResult>? _run;
    private StopDecision? _decision;
    private int _waiters;

    /// <summary>Blocks until the stop ends. Needs no pool thread. <see cref="Thread.Interrupt"/> takes effect after the stop.</summary>
    public ProcessScopeResult Wait(int? signal = null, Func<TreeMember, bool>? hasSignalAlready = null)
    {
        OwnThread<ProcessScopeResult> run = Join(signal, hasSignalAlready);
        bool isInterrupted = false;
        try
        {
            while (!run.End.IsCompleted)
            {
                try
                {
                    ((IAsyncResult)run.End).AsyncWaitHandle.WaitOne();
                }
                catch (ThreadInterruptedException)
                {
                    // The processes have got their signal. The stop has to go on, because it kills the processes that ignore it.
                    isInterrupted = true;
                }
            }

            return run.End.GetAwaiter().GetResult();
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
        OwnThread<ProcessScopeResult> run = Join(null, null);
        try
        {
            return await run.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave(run);
        }
    }

    private OwnThread<ProcessScopeResult> Join(int? signal, Func<TreeMember, bool>? hasSignalAlready)
    {
        OwnThread<ProcessScopeResult> run;
        lock (_gate)
        {
            _waiters++;
            if (_run is not (null or { End: { IsFaulted: true } or { IsCanceled: true } }))
            {
                return _run;
            }

            // Closed on this thread, so that the scope accepts no process after the call has returned.
            scope.Close();
            _waiters = 1;
            StopDecision decision = _decision = new StopDecision(new CancellationTokenSource());
            _run = run = new(() => ScopeStop.Run(scope, signal ?? scope.Plan.Signal, hasSignalAlready, decision));
        }

        // Outside of the lock, because this thread runs the stop if no other can be started.
        run.Start();
        return run;
    }

    private void Leave(OwnThread<ProcessScopeResult> run)
    {
        lock (_gate)
        {
            if (ReferenceEquals(run, _run) && --_waiters == 0 && !run.End.IsCompleted && _decision!.TryCancel())
            {
                _run = null;
            }
        }
    }
}
