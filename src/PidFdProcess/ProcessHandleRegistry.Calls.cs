using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Mono.Unix.Native;
using PidFdProcess.Linux;
using PidFdProcess.Routes;

namespace PidFdProcess;

// What the extension methods call. Each attaches at first use, lets the route do the work, and if that cannot, asks After for another.
public sealed partial class ProcessHandleRegistry
{
    /// <inheritdoc cref="ProcessPidFdExtensions.KillViaPidFd(Process)"/>
    public void Kill(Process process)
    {
        Route route = Attach(process).Handler;
        for (;;)
        {
            Errno error = route.Kill(process);
            switch (error)
            {
                case 0 or Errno.ESRCH:
                    return;
                case Errno.EPERM:
                    throw SystemCallError.SignalRefused(route.ProcessId, (int)Signum.SIGKILL, error);
                default:
                    route = After(process, route, "pidfd_send_signal", error);
                    break;
            }
        }
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
    public bool WaitForExit(Process process, int milliseconds)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, Timeout.Infinite);

        Route route = Attach(process).Handler;
        bool exited;
        for (Errno error; (error = route.WaitForExit(process, milliseconds, out exited)) != 0;)
        {
            route = After(process, route, "poll", error);
        }

        return exited;
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitPidFdAsync"/>
    public Task WaitForExitAsync(Process process, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(process);
        try
        {
            Route route = Attach(process).Handler;
            Task task;
            for (Errno error; (error = route.WaitForExitAsync(process, cancellationToken, out task)) != 0;)
            {
                route = After(process, route, "epoll", error);
            }

            return task;
        }
        catch (InvalidOperationException e)
        {
            // Stock reports it through the task, too.
            return Task.FromException(e);
        }
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.TryGetPidFd"/>
    public bool TryGetPidFd(Process process, [NotNullWhen(true)] out SafePidFdHandle? handle)
    {
        Route route = Attach(process).Handler;
        for (Errno error; (error = route.Duplicate(out handle)) != 0;)
        {
            if (SystemCallError.IsResource(error))
            {
                return false;
            }

            route = After(process, route, "fcntl(F_DUPFD_CLOEXEC)", error);
        }

        return handle is not null;
    }

    /// <summary>
    /// The route to try after an errno: the present one if the failed one was released, stock for this call alone if something was used up
    /// (the pidfd is worth keeping: it still knows who is meant), else stock for good.
    /// </summary>
    private Route After(Process process, Route failed, string call, Errno error)
    {
        if (error == Route.Stale)
        {
            if (_attachments.TryGetValue(process, out ProcessAttachment? stale) && ReferenceEquals(stale.Handler, failed))
            {
                Forget(process, stale);
            }

            return Attach(process).Handler;
        }

        string reason = SystemCallError.Describe(call, error);
        if (SystemCallError.IsResource(error))
        {
            (failed as PidFdRoute)?.NoteFallback(reason);
            return new StockRoute(failed.ProcessId, StockCause.Resource, reason);
        }

        StockRoute stock = new(failed.ProcessId, StockCause.Unsupported, reason);
        if (_attachments.TryGetValue(process, out ProcessAttachment? attachment) && ReferenceEquals(attachment.Handler, failed))
        {
            Replace(process, attachment, stock);
        }

        return stock;
    }
}
