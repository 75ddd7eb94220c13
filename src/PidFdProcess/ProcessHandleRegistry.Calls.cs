using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Signum = Mono.Unix.Native.Signum;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Routes;
using PidFdProcess.Runtime;

namespace PidFdProcess;

// What the extension methods call. Each attaches at first use, lets the route do the work, and if that cannot, asks After for another.
public sealed partial class ProcessHandleRegistry
{
    /// <inheritdoc cref="ProcessPidFdExtensions.StartWithPidFd"/>
    internal bool Start(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        bool started = process.Start();
        int processId = 0;
        try
        {
            if (started)
            {
                processId = process.Id;
                Attach(process);
            }
        }
        catch (Exception e) when (StockState.IsFromClosedProcess(e, process, processId))
        {
            // It has exited, and a handler of Exited has closed the object: the start was a success all the same.
        }

        return started;
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.KillViaPidFd(Process)"/>
    public void Kill(Process process) => Signal(process, SignalNumbers.SigKill);

    /// <inheritdoc cref="ProcessPidFdExtensions.KillViaPidFd(Process, bool)"/>
    public void Kill(Process process, bool entireProcessTree)
    {
        if (!entireProcessTree)
        {
            Kill(process);
            return;
        }

        KillTree(process, Attach(process).Handler);
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.SignalViaPidFd(Process, PosixSignal)"/>
    public bool Signal(Process process, PosixSignal signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        return Signal(process, UnixSignals.NumberOf(signal));
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.SignalViaPidFd(Process, Signum)"/>
    public bool Signal(Process process, Signum signal)
    {
        ArgumentNullException.ThrowIfNull(process);
        return Signal(process, UnixSignals.NumberOf(signal));
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.HasExitedPidFd(Process)"/>
    public bool HasExited(Process process)
    {
        Route route = Attach(process).Handler;
        bool exited;
        for (Errno error; (error = route.HasExited(process, out exited)) != 0;)
        {
            route = After(process, route, "poll", error);
        }

        return exited;
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFd(Process, int)"/>
    public bool WaitForExit(Process process, int milliseconds) => WaitForExit(process, milliseconds, forStatus: false, out _);

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>
    public Task WaitForExitAsync(Process process, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(process);
        return BeginWait(process, drain: true, cancellationToken, out _);
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.TryGetPidFd"/>
    public bool TryGetPidFd(Process process, [NotNullWhen(true)] out SafePidFdHandle? handle)
    {
        Route route = Attach(process).Handler;
        for (Errno error; (error = route.Duplicate(process, out handle)) != 0;)
        {
            if (SystemCallError.IsResource(error))
            {
                return false;
            }

            route = After(process, route, "fcntl(F_DUPFD_CLOEXEC)", error);
        }

        return handle is not null;
    }

    private void KillTree(Process process, Route route, PidFdRoute? pinned = null)
    {
        for (Errno error; (error = route.KillTree(process)) is not (0 or Errno.ESRCH) && !IsPast(error, pinned);)
        {
            route = After(process, route, "/proc", error, thisCallAlone: true);
            if (pinned is not null && StockState.IsClosed(process, pinned.ProcessId))
            {
                // Stock cannot reach the tree that is meant any more, only that of a later run. The root can be killed.
                Signal(process, SignalNumbers.SigKill, pinned);
                return;
            }
        }
    }

    private bool Signal(Process process, int signal, PidFdRoute? pinned = null)
    {
        Route route = pinned ?? Attach(process).Handler;
        for (;;)
        {
            Errno error = route.Signal(process, signal);
            error = IsPast(error, pinned) ? Errno.ESRCH : error;
            if (error is 0 or Errno.ESRCH)
            {
                PidFdMetrics.Signaled(signal, error);
                return error == 0;
            }

            if (error == Errno.EPERM || route is StockRoute)
            {
                PidFdMetrics.Signaled(signal, error);
                throw SystemCallError.SignalRefused(route.SignalCall, route.ProcessId, signal, error);
            }

            route = After(process, route, route.SignalCall, error);
        }
    }

    private bool WaitForExit(Process process, int milliseconds, bool forStatus, out Route route, PidFdRoute? pinned = null)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, Timeout.Infinite);

        route = pinned ?? Attach(process).Handler;
        long start = Stopwatch.GetTimestamp();
        int left = milliseconds;
        bool exited;
        for (Errno error; (error = route.WaitForExit(process, left, forStatus, out exited)) != 0;)
        {
            if (IsPast(error, pinned))
            {
                return true;
            }

            route = After(process, route, "poll", error);
            left = PidFdRoute.TimeLeft(milliseconds, start);
        }

        return exited;
    }

    private Task BeginWait(Process process, bool drain, CancellationToken cancellationToken, out Route? route, PidFdRoute? pinned = null)
    {
        route = null;
        try
        {
            route = pinned ?? Attach(process).Handler;
            Task task;
            for (Errno error; (error = route.WaitForExitAsync(process, drain, cancellationToken, out task, out string call)) != 0;)
            {
                if (IsPast(error, pinned))
                {
                    return Task.CompletedTask;
                }

                route = After(process, route, call, error);
                if (pinned is not null)
                {
                    // Stock would wait for what has become of the object.
                    return pinned.LookUntilExitAsync(process, cancellationToken);
                }
            }

            return task;
        }
        catch (Exception e)
        {
            // Stock reports everything through the task, too, also what a handler of Exited throws.
            return Task.FromException(e);
        }
    }

    /// <summary>Pins the route that the process has now.</summary>
    private RoutePin Pin(Process process)
    {
        for (;;)
        {
            ProcessAttachment attachment = Attach(process);
            if (attachment.Handler is not PidFdRoute route)
            {
                return default;
            }

            if (route.TryPin(process))
            {
                return new RoutePin(route);
            }

            if (!route.IsOutdated(process))
            {
                Forget(process, attachment);
            }
        }
    }

    // A pinned route is not released. If it is stale all the same, the object has been started anew, so that its own run is over.
    private static bool IsPast(Errno error, PidFdRoute? pinned) => pinned is not null && error == Route.Stale;

    /// <summary>
    /// The route to try after an errno: the present one if the failed one was released, stock for this call alone if something was used up
    /// (the pidfd is worth keeping: it still knows who is meant), else stock for good.
    /// </summary>
    private Route After(Process process, Route failed, string call, Errno error, bool thisCallAlone = false)
    {
        ProcessAttachment? attachment = Find(process);
        bool isPresent = ReferenceEquals(attachment?.Handler, failed);
        if (error == Route.Stale)
        {
            // A route that another thread finished meanwhile knows how the process ended: the next one takes that over.
            if (isPresent && !failed.IsOutdated(process))
            {
                Forget(process, attachment!);
            }

            return Attach(process).Handler;
        }

        string reason = SystemCallError.Describe(call, error);
        PidFdMetrics.FellBack(call, error);
        PidFdEventSource.Log.FellBack(failed.ProcessId, reason);
        bool isPassing = thisCallAlone || SystemCallError.IsResource(error);
        StockRoute stock = new(failed.ProcessId, isPassing ? StockCause.Resource : StockCause.Unsupported, reason);
        if (isPassing)
        {
            (failed as PidFdRoute)?.NoteFallback(reason);
        }
        else if (isPresent)
        {
            Replace(process, attachment, stock);
        }

        return stock;
    }
}
