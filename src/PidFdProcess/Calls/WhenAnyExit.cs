using System.Buffers;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Runtime;
using PidFdProcess.Waits;

namespace PidFdProcess.Calls;

/// <summary>Waits for the first of several processes to exit.</summary>
internal static class WhenAnyExit
{
    public static Task<Process> WaitAsync(AttachmentTable runs, IEnumerable<Process> processes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(processes);
        ICollection<Process> collection = processes as ICollection<Process> ?? [.. processes];
        int count = collection.Count;
        Process[] all = ArrayPool<Process>.Shared.Rent(count);
        collection.CopyTo(all, 0);
        for (int i = 0; i < count; i++)
        {
            ArgumentNullException.ThrowIfNull(all[i], nameof(processes));
        }

        return count > 0
            ? WaitForAnyAsync(runs, all, count, cancellationToken)
            : throw new ArgumentException("There is no process to wait for.", nameof(processes));
    }

    // Both arrays come from the pool, because programs call this in a loop until all their processes have exited.
    private static async Task<Process> WaitForAnyAsync(AttachmentTable runs, Process[] all, int count, CancellationToken cancellationToken)
    {
        // For the processes without a pidfd. Their stock waits keep a handler of Exited until they end.
        CancellationTokenSource? stock = null;
        Task[] exits = ArrayPool<Task>.Shared.Rent(count + 1);
        try
        {
            for (int i = 0; i < count; i++)
            {
                exits[i] = ExitOf(runs, all[i], ref stock, cancellationToken);
                if (exits[i].IsCompletedSuccessfully)
                {
                    return all[i];
                }
            }

            // The token is one of the tasks. So a cancelled call leaves no continuation on the tasks of the processes, which later calls share.
            TaskCompletionSource canceled = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), canceled);
            exits[count] = canceled.Task;
            Task first = await Task.WhenAny((IEnumerable<Task>)new ArraySegment<Task>(exits, 0, count + 1)).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            return all[Array.IndexOf(exits, first)];
        }
        finally
        {
            ArrayPool<Process>.Shared.Return(all, clearArray: true);
            ArrayPool<Task>.Shared.Return(exits, clearArray: true);
            if (stock is not null)
            {
                await stock.CancelAsync().ConfigureAwait(false);
                stock.Dispose();
            }
        }
    }

    private static Task ExitOf(AttachmentTable runs, Process process, ref CancellationTokenSource? stock, CancellationToken cancellationToken)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        if (run.Handle is { } handle)
        {
            return SharedExit.Of(handle, process);
        }

        if (run.IsOver)
        {
            return Task.CompletedTask;
        }

        stock ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return StockWait.WaitAsync(process, stock.Token);
    }
}
