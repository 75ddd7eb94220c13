using System.Diagnostics;
using PidFdProcess.Diagnostics;
using PidFdProcess.Handles;
using PidFdProcess.Linux;
using PidFdProcess.Routes;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// A pending WaitForExitPidFdAsync. Whoever decides it (the watcher, a cancellation, a disposal) queues it to the thread pool; there it
/// settles the stock state (<see cref="ReapQueue"/>) and ends its task, so that neither runs on the deciding thread. Where the program
/// asked for inline completions, an exit does both on the watcher's thread.
/// </summary>
internal sealed class PendingWait(PidFdRoute route, Process process, bool drain, CancellationToken cancellationToken)
    : ExitWaiter, IThreadPoolWorkItem
{
    // Of the caller: handlers of Exited run in it, as in the stock wait. Null if its flow is suppressed.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();

    private CancellationTokenRegistration _cancellation;

    /// <summary>Gets a value indicating whether the watcher could not keep the wait, so that it goes on by stock.</summary>
    public bool HasFailed => Outcome == WaitOutcome.Failed;

    /// <summary>Starts to wait. If it returns an errno or throws, the wait has not begun and nothing is left of it.</summary>
    public Errno Begin(out string call)
    {
        bool held = false;
        route.Watch.PidFd.DangerousAddRef(ref held);

        PidFdMetrics.WaitBegan();

        // Registered before the watch knows of the wait, so that an exit cannot overtake the registration and leave it behind.
        _cancellation = cancellationToken.UnsafeRegister(static state => ((PendingWait)state!).Cancel(), this);
        Errno error = route.Watch.Add(this, out call);
        if (error == 0 || !TryDecide(WaitOutcome.Failed))
        {
            return 0;
        }

        PidFdMetrics.WaitEnded();
        _cancellation.Unregister();
        route.Watch.PidFd.DangerousRelease();
        return error;
    }

    void IThreadPoolWorkItem.Execute() => Complete();

    /// <summary>Settles, unless that is done, and ends the task. User code runs in here.</summary>
    public void Complete() => TryComplete(inline: false);

    /// <summary>Settles, as far as no user code can run in that; <see langword="false"/> if the runtime has not reaped within the limit.</summary>
    public bool TrySettle(int limit) => route.TrySettle(process, limit);

    protected override void OnDecided()
    {
        if (Outcome is not (WaitOutcome.Exited or WaitOutcome.Failed))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else if (HasFailed || !route.CompletesInline || !TryComplete(inline: true))
        {
            // These two are reported by the watcher alone; the others are decided on a thread of the user's.
            ReapQueue.Queue(this);
        }
    }

    private bool TryComplete(bool inline)
    {
        _cancellation.Unregister();
        Task? result = Outcome switch
        {
            WaitOutcome.Exited or WaitOutcome.Failed => FinishInContext(inline),
            WaitOutcome.Canceled => Task.FromCanceled(cancellationToken),
            _ => Task.FromException(new ObjectDisposedException(
                nameof(ProcessHandleRegistry), $"The registry was disposed during a wait for process {route.ProcessId}.")),
        };
        if (result is null)
        {
            return false;
        }

        // Before the task ends: whoever awaits it may count descriptors.
        route.Watch.PidFd.DangerousRelease();
        PidFdMetrics.WaitEnded();
        Follow(result);
        return true;
    }

    private Task? FinishInContext(bool inline)
    {
        if (_context is null)
        {
            return FinishAsync(inline);
        }

        ExecutionContext? own = ExecutionContext.Capture();
        ExecutionContext.Restore(_context);
        try
        {
            return FinishAsync(inline);
        }
        finally
        {
            if (own is not null)
            {
                ExecutionContext.Restore(own);
            }
        }
    }

    private Task? FinishAsync(bool inline) => HasFailed
        ? StockWait.WaitForExitAsync(process, drain, cancellationToken)
        : route.FinishAsync(process, drain, inline, cancellationToken);

    private void Cancel()
    {
        Decide(WaitOutcome.Canceled);
        route.Watch.Remove(this);
    }

    private void Follow(Task task)
    {
        if (task.IsCompletedSuccessfully && !HasFailed)
        {
            TrySetResult();
        }
        else
        {
            _ = FollowAsync(task);
        }
    }

    private async Task FollowAsync(Task task)
    {
        try
        {
            // The thread that moves waits to stock has more to do than what awaits this one.
            await task.ConfigureAwait(HasFailed ? ConfigureAwaitOptions.ForceYielding : ConfigureAwaitOptions.None);
            TrySetResult();
        }
        catch (OperationCanceledException e)
        {
            TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e) when (Outcome == WaitOutcome.Exited && StockState.IsFromClosedProcess(e, process, route.ProcessId))
        {
            TrySetResult();
        }
        catch (Exception e)
        {
            // Of a handler of Exited, which stock would have run inside its wait just as well.
            TrySetException(e);
        }
    }
}
