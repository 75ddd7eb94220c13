using System.Diagnostics;

namespace PidFdProcess.Runtime;

/// <summary>Asynchronous waits by the stock runtime.</summary>
internal static class StockWait
{
    // Of two handlers of Exited that are added, or taken out, at the same time, stock loses one: a look now and then finds the exit.
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

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
            // Not before the handler is there: with events on, an exit in between would be raised to nobody here.
            while (!exit.Task.IsCompleted && !process.WaitForExit(0))
            {
                cancellationToken.ThrowIfCancellationRequested();
                process.EnableRaisingEvents = true;
                await exit.Task.WaitAsync(s_lookInterval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
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
