using System.Diagnostics;

namespace PidFdProcess.Routes;

/// <summary>Asynchronous waits by the stock runtime.</summary>
internal static class StockWait
{
    /// <summary>Waits for the exit and, as stock does, for the end of streams that are read by lines; or for the exit alone.</summary>
    public static Task WaitForExitAsync(Process process, bool drain, CancellationToken cancellationToken) =>
        drain ? process.WaitForExitAsync(cancellationToken) : WaitForExitAloneAsync(process, cancellationToken);

    // What the stock method does before it waits for the streams.
    private static async Task WaitForExitAloneAsync(Process process, CancellationToken cancellationToken)
    {
        TaskCompletionSource exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnExited(object? sender, EventArgs e) => exit.TrySetResult();
        process.Exited += OnExited;
        try
        {
            // Not before: with events on, an exit in between would be raised to nobody here.
            if (process.WaitForExit(0))
            {
                return;
            }

            cancellationToken.ThrowIfCancellationRequested();
            process.EnableRaisingEvents = true;
            await exit.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException) when (OperatingSystem.IsWindows() && process.HasExited)
        {
            // It has no events of a process that has exited before they were asked for.
        }
        finally
        {
            process.Exited -= OnExited;
        }
    }
}
