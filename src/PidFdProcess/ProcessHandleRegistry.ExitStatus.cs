using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PidFdProcess.Handles;
using PidFdProcess.Routes;
using PidFdProcess.Runtime;

namespace PidFdProcess;

// Waits that tell how the process ended. They take the status from the route that saw the exit, so that it does not matter what
// becomes of the Process object or of its attachment meanwhile.
public sealed partial class ProcessHandleRegistry
{
    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitStatusPidFd"/>
    public PidFdExitStatus WaitForExitStatus(Process process)
    {
        WaitForExit(process, Timeout.Infinite, forStatus: true, out Route route);
        return StatusOf(process, route);
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.TryWaitForExitStatusPidFd"/>
    public bool TryWaitForExitStatus(Process process, TimeSpan timeout, [NotNullWhen(true)] out PidFdExitStatus? status)
    {
        ArgumentNullException.ThrowIfNull(process);
        bool exited = WaitForExit(process, ProcessPidFdExtensions.Milliseconds(timeout), forStatus: true, out Route route);
        status = exited ? StatusOf(process, route) : null;
        return exited;
    }

    /// <inheritdoc cref="ProcessPidFdExtensions.WaitForExitStatusPidFdAsync"/>
    public Task<PidFdExitStatus> WaitForExitStatusAsync(Process process, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(process);
        return WaitForStatusAsync(process, drain: true, cancellationToken);
    }

    private async Task<PidFdExitStatus> WaitForStatusAsync(
        Process process, bool drain, CancellationToken cancellationToken, PidFdRoute? pinned = null)
    {
        await BeginWait(process, drain, cancellationToken, out Route? route, pinned).ConfigureAwait(false);
        return StatusOf(process, pinned ?? route!);
    }

    private PidFdExitStatus StatusOf(Process process, Route route)
    {
        // Stock may have served the wait alone.
        PidFdRoute? pidFd = route as PidFdRoute ?? Find(process)?.Handler as PidFdRoute;
        ExitRecord? exit = route.Exit ?? (pidFd?.ProcessId == route.ProcessId ? pidFd.ReadExit() : null);
        PidFdExitStatus? known = exit is null ? null : PidFdExitStatus.FromRecord(exit);
        if (known is not null && !ReferenceEquals(exit, (route as StockRoute)?.Exit))
        {
            return known;
        }

        try
        {
            // Unix knows the exit code of children alone, and to ask for another's costs an exception.
            if (process.Id == route.ProcessId && (OperatingSystem.IsWindows() || StockState.WasStarted(process)))
            {
                // A status from an earlier attachment may be that of an earlier run, if the object was started anew, got the same PID,
                // and has exited again: then the runtime has another code.
                int exitCode = process.ExitCode;
                return known?.ExitCode == exitCode ? known : PidFdExitStatus.FromRuntime(exitCode);
            }
        }
        catch (Exception e) when (e is InvalidOperationException || StockState.IsFromClosedProcess(e, process, route.ProcessId))
        {
            // Closed, or started anew since the wait.
        }

        return known ?? PidFdExitStatus.Unknown;
    }
}
