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
        if (count == 0)
        {
            throw new ArgumentException("There is no process to wait for.", nameof(processes));
        }

        Process[] all = ArrayPool<Process>.Shared.Rent(count);
        collection.CopyTo(all, 0);
        if (Array.IndexOf(all, null, 0, count) >= 0)
        {
            ArrayPool<Process>.Shared.Return(all, clearArray: true);
            throw new ArgumentNullException(nameof(processes));
        }

        return WaitForAnyAsync(runs, all, count, cancellationToken);
    }

    // Both arrays come from the pool, because programs call this in a loop until all their processes have exited.
    private static async Task<Process> WaitForAnyAsync(AttachmentTable runs, Process[] all, int count, CancellationToken cancellationToken)
    {
        // For the processes without a pidfd. Their stock waits keep a handler of Exited until they end.
        CancellationTokenSource? stock = null;
        Task[] exits = ArrayPool<Task>.Shared.Rent(count + 1);
        ProcessAttachment?[] attachments = ArrayPool<ProcessAttachment?>.Shared.Rent(count);
        int joined = 0;
        bool hasExit = false;
        try
        {
            while (joined < count)
            {
                exits[joined] = ExitOf(runs, all[joined], ref stock, out attachments[joined], cancellationToken);
                joined++;
                if (exits[joined - 1].IsCompletedSuccessfully)
                {
                    hasExit = true;
                    return all[joined - 1];
                }
            }

            // The token is one of the tasks. So a cancelled call leaves no continuation on the tasks of the processes, which later calls share.
            TaskCompletionSource canceled = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), canceled);
            exits[count] = canceled.Task;
            Task first = await Task.WhenAny((IEnumerable<Task>)new ArraySegment<Task>(exits, 0, count + 1)).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            hasExit = true;
            return all[Array.IndexOf(exits, first)];
        }
        finally
        {
            for (int i = 0; i < joined; i++)
            {
                if (attachments[i] is { Handle: { } handle } attachment)
                {
                    SharedExit.Leave(handle, exits[i], hasExit ? attachment : null);
                }
            }

            ArrayPool<ProcessAttachment?>.Shared.Return(attachments, clearArray: true);
            ArrayPool<Process>.Shared.Return(all, clearArray: true);
            ArrayPool<Task>.Shared.Return(exits, clearArray: true);
            if (stock is not null)
            {
                await stock.CancelAsync().ConfigureAwait(false);
                stock.Dispose();
            }
        }
    }

    private static Task ExitOf(
        AttachmentTable runs,
        Process process,
        ref CancellationTokenSource? stock,
        out ProcessAttachment? joined,
        CancellationToken cancellationToken)
    {
        using PinnedRun run = PinnedRun.Of(runs, process);
        joined = run.Handle is null ? null : run.Attachment;
        if (run.Handle is { } handle)
        {
            return SharedExit.Join(handle);
        }

        if (run.IsOver)
        {
            return Task.CompletedTask;
        }

        stock ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return StockWait.WaitAsync(process, run.Attachment.Run, stock.Token);
    }
}
