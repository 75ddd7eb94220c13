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
        if (process.WaitForExit(0))
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnExited(object? sender, EventArgs e) => exit.TrySetResult();
        process.Exited += OnExited;
        try
        {
            process.EnableRaisingEvents = true;

            // Raised before, if the app had them on already.
            if (!process.WaitForExit(0))
            {
                await exit.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (InvalidOperationException) when (process.HasExited)
        {
            // Windows has no events of a process that has exited before they were asked for.
        }
        finally
        {
            process.Exited -= OnExited;
        }
    }
}
