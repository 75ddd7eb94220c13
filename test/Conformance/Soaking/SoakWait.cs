using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>A wait that is pending, for one run or for any of several.</summary>
internal sealed class SoakWait(string name, Task task, SoakRun[] runs, ProcessHandleRegistry registry, CancellationTokenSource? source)
{
    private bool _wasCanceled;
    private bool _isDone;
    private bool _mayBeDisposed;

    /// <summary>Gets whether the registry had a pidfd of the process from the time when it ran.</summary>
    public required bool WasKnown { get; init; }

    /// <summary>Gets whether a cancellation kills instead of ending the wait.</summary>
    public bool KillsOnCancel { get; init; }

    /// <summary>Gets whether a cancellation is possible.</summary>
    public bool CanCancel => source is not null && !_wasCanceled && !_isDone;

    public void NoteDisposal(ProcessHandleRegistry disposed) => _mayBeDisposed |= ReferenceEquals(disposed, registry);

    /// <summary>A wait ends for a reason.</summary>
    public void RequirePending()
    {
        if (!_isDone && !_wasCanceled && !_mayBeDisposed && runs.All(run => run.IsRunning))
        {
            Check.That(!task.IsCompleted, $"{this} ended while the process runs: {Outcome()}");
        }
    }

    public void Cancel()
    {
        bool isRunning = runs.All(run => run.IsRunning);
        _wasCanceled = true;
        if (KillsOnCancel && !_mayBeDisposed)
        {
            runs[0].EndBySignal(Native.SigKill);
        }

        source!.Cancel();
        if (KillsOnCancel && _mayBeDisposed && Task.WaitAny([task], Check.Limit) == 0 && task.IsCompletedSuccessfully && runs[0].IsRunning)
        {
            // Detached before its registry was disposed, the wait went on, and killed.
            runs[0].EndBySignal(Native.SigKill);
        }

        Complete();
        Check.That(
            !KillsOnCancel || !isRunning || _mayBeDisposed || task is Task<PidFdExitStatus> { Result.Canceled: true }, $"{this}: it took a kill");
    }

    /// <summary>Waits for the end, which must come, and tells the model the answer.</summary>
    public void Complete()
    {
        if (_isDone)
        {
            return;
        }

        _isDone = true;
        Check.That(Task.WaitAny([task], Check.Limit) == 0, $"{this} did not end");
        switch (task)
        {
            case { IsCanceled: true }:
                Check.That(_wasCanceled && !KillsOnCancel, $"{this} was cancelled, but not by the test");
                RequireToken();
                break;
            case { Exception.InnerException: { } e }:
                Check.That(_mayBeDisposed && e is ObjectDisposedException, $"{this}: {e}");
                break;
            case Task<Process> any:
                Check.That(runs.Any(run => run.IsSubject(any.Result) && !run.IsRunning), $"{this}: the process has not exited");
                break;
            case Task<PidFdExitStatus> status:
                runs[0].Ended(status.Result, WasKnown);
                break;
            case Task<bool> exited:
                runs[0].Saw(exited.Result);
                break;
            default:
                runs[0].Saw(exited: true);
                break;
        }

        source?.Dispose();
    }

    public override string ToString() => $"{name} for {string.Join(" or ", runs.AsEnumerable())}";

    private string Outcome() => task switch
    {
        { IsCompletedSuccessfully: false } => $"{task.Status} {task.Exception?.InnerException}",
        Task<PidFdExitStatus> status => $"{status.Result} by {status.Result.Source}",
        Task<Process> any => $"the object {(runs.FirstOrDefault(run => run.IsSubject(any.Result)) is { } run ? $"of {run}" : "of none of them")}",
        _ => "success",
    };

    private void RequireToken()
    {
        try
        {
            task.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e)
        {
            Check.That(e.CancellationToken == source!.Token, $"{this}: the token is another");
        }
    }
}
