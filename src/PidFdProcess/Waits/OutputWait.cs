using System.Diagnostics;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

/// <summary>
/// Waits for the end of the streams that are read by lines, after the runtime knows of the exit. A grandchild can hold the streams open.
/// </summary>
internal static class OutputWait
{
    /// <summary>Blocks until the streams have ended, as the stock wait without a limit does.</summary>
    public static void Wait(Process process, in RunIdentity run)
    {
        if (run.IsCurrentIn(process) && ProcessFields.HasOutput(process))
        {
            try
            {
                process.WaitForExit();
            }
            catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
            {
                // The object was closed during the wait, and its streams with it.
            }
        }
    }

    /// <summary>Waits until the streams have ended, as the stock asynchronous wait does.</summary>
    public static Task WaitAsync(Process process, in RunIdentity run, CancellationToken cancellationToken) =>
        run.IsCurrentIn(process) && ProcessFields.HasOutput(process)
            ? WaitForStreamsAsync(process, run, cancellationToken)
            : Task.CompletedTask;

    private static async Task WaitForStreamsAsync(Process process, RunIdentity run, CancellationToken cancellationToken)
    {
        try
        {
            bool areEventsOn = process.EnableRaisingEvents;
            Task output = process.WaitForExitAsync(cancellationToken);
            if (!areEventsOn)
            {
                // The call has turned them on. It does not need them, because the runtime knows of the exit.
                process.EnableRaisingEvents = false;
            }

            if (!output.IsCompleted && !run.IsCurrentIn(process))
            {
                // The object was closed or restarted just before the call, so the task waits for nothing or for another run.
                return;
            }

            await output.ConfigureAwait(false);
        }
        catch (Exception e) when (StockCalls.IsFromClosed(e, process, run))
        {
            // The object was closed during the wait, and its streams with it.
        }
    }
}
