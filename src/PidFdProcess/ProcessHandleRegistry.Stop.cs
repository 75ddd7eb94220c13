using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Routes;

namespace PidFdProcess;

// Graceful stops and kills on timeout. They wait for the exit, not for the end of redirected streams: those may stay open in
// a grandchild that nobody asked to stop.
public sealed partial class ProcessHandleRegistry
{
    /// <inheritdoc cref="ProcessPidFdExtensions.StopViaPidFdAsync"/>
    public Task<PidFdExitStatus> StopAsync(
        Process process,
        TimeSpan gracePeriod,
        PosixSignal signal = PosixSignal.SIGTERM,
        bool entireProcessTree = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(process);
        int milliseconds = ProcessPidFdExtensions.Milliseconds(gracePeriod, nameof(gracePeriod));
        int number = UnixSignals.NumberOf(signal);
        return entireProcessTree
            ? StopTreeAsync(process, milliseconds, number, cancellationToken)
            : StopOneAsync(process, milliseconds, number, cancellationToken);
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitOrKillPidFd"/>
    public PidFdExitStatus WaitForExitOrKill(Process process, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(process);
        int milliseconds = ProcessPidFdExtensions.Milliseconds(timeout);
        Route route;
        if (milliseconds == Timeout.Infinite)
        {
            // Not -1: that would also wait for the end of redirected streams.
            while (!WaitForExit(process, int.MaxValue, forStatus: true, out route))
            {
            }

            return StatusOf(process, route);
        }

        if (WaitForExit(process, milliseconds, forStatus: true, out route))
        {
            return StatusOf(process, route);
        }

        bool killed = Signal(process, (int)Signum.SIGKILL);
        WaitForExit(process, int.MaxValue, forStatus: true, out route);
        PidFdExitStatus status = StatusOf(process, route);
        return killed ? status.AfterKill() : status;
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitOrKillPidFdAsync"/>
    public async Task<PidFdExitStatus> WaitForExitOrKillAsync(Process process, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return await WaitWithinAsync(process, Timeout.Infinite, cancellationToken).ConfigureAwait(false)
            ?? await KillAndWaitAsync(process).ConfigureAwait(false);
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WhenAnyExitPidFdAsync"/>
    public Task<Process> WhenAnyExitAsync(IEnumerable<Process> processes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(processes);
        Process[] all = [.. processes];
        foreach (Process process in all)
        {
            ArgumentNullException.ThrowIfNull(process, nameof(processes));
        }

        return all.Length > 0
            ? WhenAnyAsync(all, cancellationToken)
            : throw new ArgumentException("There is no process to wait for.", nameof(processes));
    }

    private async Task<Process> WhenAnyAsync(Process[] processes, CancellationToken cancellationToken)
    {
        using CancellationTokenSource others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] waits = Array.ConvertAll(processes, process => BeginWait(process, drain: true, others.Token, out _));
        Task first = await Task.WhenAny(waits).ConfigureAwait(false);
        await others.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.IsCanceled)
        {
            // The waits know the linked token; the caller knows his own.
            cancellationToken.ThrowIfCancellationRequested();
        }

        await first.ConfigureAwait(false);
        return processes[Array.IndexOf(waits, first)];
    }

    private async Task<PidFdExitStatus> StopOneAsync(Process process, int milliseconds, int signal, CancellationToken cancellationToken)
    {
        Signal(process, signal);
        PidFdExitStatus? status = await WaitWithinAsync(process, milliseconds, cancellationToken).ConfigureAwait(false);
        if (status is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            status = await KillAndWaitAsync(process).ConfigureAwait(false);
        }

        return status;
    }

    // Without pidfds nobody can hold on to the descendants while the root stops: they are killed if the root has to be.
    private async Task<PidFdExitStatus> StopTreeAsync(Process process, int milliseconds, int signal, CancellationToken cancellationToken)
    {
        using SafePidFdHandle? root = TryGetPidFd(process, out SafePidFdHandle? duplicate) ? duplicate : null;
        using ProcessTree? tree = root is null ? null : OpenTree(process, root);
        if (tree is null)
        {
            Signal(process, signal);
            PidFdExitStatus? ended = await WaitWithinAsync(process, milliseconds, cancellationToken).ConfigureAwait(false);
            if (ended is null)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Kill(process, entireProcessTree: true);
            }

            return ended ?? (await WaitForStatusAsync(process, drain: false, CancellationToken.None).ConfigureAwait(false)).AfterKill();
        }

        tree.Signal(signal);
        bool allExited = await PidFdExits.WhenAllAsync(_platform!, tree.PidFds, milliseconds, cancellationToken).ConfigureAwait(false);
        if (!allExited)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        bool rootExited = HasExited(process);

        // Also if all have exited: one of them may have left a child that did not get the signal.
        tree.StopAndKill();
        PidFdExitStatus status = await WaitForStatusAsync(process, drain: false, CancellationToken.None).ConfigureAwait(false);
        return rootExited ? status : status.AfterKill();
    }

    private ProcessTree? OpenTree(Process process, SafePidFdHandle root)
    {
        if (ProcessTree.Open(_platform!.Kernel, Attach(process).ProcessId, root, out ProcessTree tree) == 0)
        {
            return tree;
        }

        tree.Dispose();
        return null;
    }

    private async Task<PidFdExitStatus> KillAndWaitAsync(Process process)
    {
        bool killed = Signal(process, (int)Signum.SIGKILL);
        PidFdExitStatus status = await WaitForStatusAsync(process, drain: false, CancellationToken.None).ConfigureAwait(false);
        return killed ? status.AfterKill() : status;
    }

    /// <summary>Waits for the exit; <see langword="null"/> if the time was over or the token cancelled first.</summary>
    private async Task<PidFdExitStatus?> WaitWithinAsync(Process process, int milliseconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(milliseconds);
        try
        {
            return await WaitForStatusAsync(process, drain: false, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return null;
        }
    }
}
