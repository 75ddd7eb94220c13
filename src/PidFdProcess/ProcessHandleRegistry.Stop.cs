using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Linux;
using PidFdProcess.Routes;
using PidFdProcess.Runtime;

namespace PidFdProcess;

// Graceful stops and kills on timeout. They wait for the exit, not for the end of redirected streams: those may stay open in
// a grandchild that nobody asked to stop. They pin the route: whoever closes the Process object meanwhile, or starts it anew, neither saves
// the process that was meant nor gets another one killed.
public sealed partial class ProcessHandleRegistry
{
    private const int KillMilliseconds = 4000;

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
        using RoutePin pin = Pin(process);
        bool isLimited = milliseconds != Timeout.Infinite;
        if (WaitForExitAlone(process, isLimited ? milliseconds : int.MaxValue, pin, out Route route))
        {
            return StatusOf(process, route);
        }

        bool killed = isLimited && Signal(process, SignalNumbers.SigKill, pin.Route);
        while (!WaitForExitAlone(process, int.MaxValue, pin, out route))
        {
        }

        PidFdExitStatus status = StatusOf(process, route);
        return killed ? status.AfterKill() : status;
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitOrKillPidFdAsync"/>
    public Task<PidFdExitStatus> WaitForExitOrKillAsync(Process process, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WaitOrKillAsync(process, cancellationToken);
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
        Task[] waits = Array.ConvertAll(processes, process => BeginWait(process, drain: false, others.Token, out _));
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

    private async Task<PidFdExitStatus> WaitOrKillAsync(Process process, CancellationToken cancellationToken)
    {
        using RoutePin pin = Pin(process);
        return await WaitWithinAsync(process, pin, Timeout.Infinite, cancellationToken).ConfigureAwait(false)
            ?? await KillAndWaitAsync(process, pin).ConfigureAwait(false);
    }

    private async Task<PidFdExitStatus> StopOneAsync(Process process, int milliseconds, int signal, CancellationToken cancellationToken)
    {
        using RoutePin pin = Pin(process);
        Signal(process, signal, pin.Route);
        PidFdExitStatus? status = await WaitWithinAsync(process, pin, milliseconds, cancellationToken).ConfigureAwait(false);
        if (status is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            status = await KillAndWaitAsync(process, pin).ConfigureAwait(false);
        }

        return status;
    }

    private async Task<PidFdExitStatus> StopTreeAsync(Process process, int milliseconds, int signal, CancellationToken cancellationToken)
    {
        using RoutePin pin = Pin(process);
        using SafePidFdHandle? root = DuplicateOf(process, pin);
        int rootId = root is null ? 0 : pin.Route!.ProcessId;
        TreeStopResult? result = null;
        Errno error = root is null
            ? Errno.ENOSYS
            : await Task.Factory.StartNew(
                () => TreeStop.Run(
                    _platform!.Kernel, rootId, root, [new TreeStopStep(signal, milliseconds)], rootOnly: false, KillMilliseconds, cancellationToken, out result),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).ConfigureAwait(false);
        if (error != 0)
        {
            return await StopRootFirstAsync(process, pin, milliseconds, signal, cancellationToken).ConfigureAwait(false);
        }

        PidFdExitStatus status = await WaitForStatusAsync(process, drain: false, CancellationToken.None, pin.Route).ConfigureAwait(false);
        return result!.RootTookKill ? status.AfterKill() : status;
    }

    // Without pidfds nobody can hold on to the descendants while the root stops: they are killed if the root has to be.
    private async Task<PidFdExitStatus> StopRootFirstAsync(
        Process process, RoutePin pin, int milliseconds, int signal, CancellationToken cancellationToken)
    {
        Signal(process, signal, pin.Route);
        PidFdExitStatus? status = await WaitWithinAsync(process, pin, milliseconds, cancellationToken).ConfigureAwait(false);
        if (status is not null)
        {
            return status;
        }

        cancellationToken.ThrowIfCancellationRequested();
        KillTree(process, pin.Route ?? Attach(process).Handler, pin.Route);
        return (await WaitForStatusAsync(process, drain: false, CancellationToken.None, pin.Route).ConfigureAwait(false)).AfterKill();
    }

    // epoll knows a descriptor once: that of the route may be watched already.
    private static SafePidFdHandle? DuplicateOf(Process process, RoutePin pin)
    {
        SafePidFdHandle? duplicate = null;
        pin.Route?.Duplicate(process, out duplicate);
        return duplicate;
    }

    private async Task<PidFdExitStatus> KillAndWaitAsync(Process process, RoutePin pin)
    {
        bool killed = Signal(process, SignalNumbers.SigKill, pin.Route);
        PidFdExitStatus status = await WaitForStatusAsync(process, drain: false, CancellationToken.None, pin.Route).ConfigureAwait(false);
        return killed ? status.AfterKill() : status;
    }

    /// <summary>Waits for the exit; <see langword="null"/> if the time was over or the token cancelled first.</summary>
    private async Task<PidFdExitStatus?> WaitWithinAsync(Process process, RoutePin pin, int milliseconds, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(milliseconds);
        try
        {
            return await WaitForStatusAsync(process, drain: false, limit.Token, pin.Route).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Not -1: that would also wait for the end of redirected streams.</summary>
    private bool WaitForExitAlone(Process process, int milliseconds, RoutePin pin, out Route route)
    {
        bool exited = WaitForExit(process, milliseconds, forStatus: true, out route, pin.Route);
        route = pin.Route ?? route;
        return exited;
    }
}
