using System.Diagnostics;

namespace PidFdProcess.Runtime;

/// <summary>Asynchronous waits of the runtime, for a process without a pidfd.</summary>
internal static class StockWait
{
    private const int MillisecondsForLock = 10;

    // The runtime adds and removes handlers of Exited without a lock, so a handler can get lost. Then the next look finds the exit.
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Waits for the exit, and for the end of streams that are read by lines.</summary>
    public static async Task WaitWithOutputAsync(Process process, CancellationToken cancellationToken)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NullReferenceException e) when (StockCalls.IsClosing(process, run))
        {
            throw StockCalls.Closed(e);
        }
    }

    /// <summary>Waits for the exit alone, as the stock method does before it waits for the streams.</summary>
    /// <exception cref="InvalidOperationException">The object was closed or restarted before the exit was seen.</exception>
    public static async Task WaitAsync(Process process, RunIdentity run, CancellationToken cancellationToken)
    {
        TaskCompletionSource exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnExited(object? sender, EventArgs e)
        {
            // An earlier handler may have restarted the object. If the new run has not exited, the event is of the former one.
            if (run.IsCurrentIn(process) || !RuntimeExit.IsNoted(process))
            {
                exit.TrySetResult();
            }
        }

        process.Exited += OnExited;
        try
        {
            // Look after the handler was added. If events were on before, Exited may have been raised without this handler.
            while (!exit.Task.IsCompleted && !HasExited(process, run))
            {
                cancellationToken.ThrowIfCancellationRequested();
                StockCalls.EnableRaisingEvents(process);

                // Cancels the source, whose continuations run on the pool. Inside Cancel(), a look would raise Exited on the thread that cancels.
                using (cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), exit))
                {
                    await exit.Task.WaitAsync(s_lookInterval, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            if (exit.Task.IsCanceled)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (InvalidOperationException) when (OperatingSystem.IsWindows() && process.HasExited)
        {
            // Windows has no events for a process that exited before they were turned on.
        }
        finally
        {
            process.Exited -= OnExited;
        }
    }

    // If another thread keeps the lock of the object, Exited may not be raised yet, and a later look finds it. The runtime may have raised it for an
    // earlier run, too, so it is asked.
    private static bool HasExited(Process process, in RunIdentity run) =>
        ExitedEvent.Observe(process, run, alsoIfOff: false, MillisecondsForLock) switch
        {
            RuntimeState.HasAnotherRun => throw StockCalls.Closed(),
            RuntimeState.Knows => !RuntimeExit.CanLook || RuntimeExit.IsNoted(process),
            _ => false,
        };
}
