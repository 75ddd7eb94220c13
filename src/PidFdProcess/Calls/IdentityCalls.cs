using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

// Overview
//
// Constraints: a PID is not a name. Everything under /proc is about a PID, and so is the Process object.
//
// Scheme: whatever was read about a PID counts only if the pidfd says afterwards that its process still held the PID (a signal 0 that is not ESRCH).
// A pidfs id is read from the pidfd itself and needs no such check. Without pidfds the start ticks are read before and after, which
// leaves only a PID that was recycled within one tick.
internal static class IdentityCalls
{
    public static ProcessIdentity GetIdentity(ProcessHandleRegistry registry, Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        RequireLinux();
        int processId = registry.Attach(process).ProcessId;
        ulong? id = null;
        ulong? ticks;
        if (registry.TryGetPidFd(process, out SafePidFdHandle? pidFd))
        {
            using (pidFd)
            {
                // The object may have been restarted since it was attached.
                processId = registry.PidFs.Calls.GetProcessId(pidFd, out int found) == 0 && found > 0 ? found : processId;
                id = registry.PidFs.IdOf(pidFd);
                ticks = StartTime.Read(registry.Kernel, processId);
                if (registry.Kernel.PidFdSendSignal(pidFd, 0) == Errno.ESRCH)
                {
                    throw Exited(processId);
                }
            }
        }
        else
        {
            ticks = StartTime.Read(registry.Kernel, processId);
            if (registry.HasExited(process) || process.Id != processId || StartTime.Read(registry.Kernel, processId) != ticks)
            {
                throw Exited(processId);
            }
        }

        Errno error = registry.PidFs.GetBootId(out Guid? bootId);
        return id is null && (ticks is null || bootId is null)
            ? throw new PlatformNotSupportedException(
                $"Process {processId} cannot be named: {registry.PidFs.Ability.Reason}; "
                + (ticks is null ? SystemCallError.Describe("/proc", Errno.ENOENT) : SystemCallError.Describe("/proc/sys/kernel/random/boot_id", error)))
            : new ProcessIdentity(processId, id, ticks, bootId);
    }

    public static Process Open(ProcessHandleRegistry registry, ProcessIdentity identity) =>
        Find(registry, identity, out string reason)
        ?? throw new ArgumentException($"The process of the identity {identity} is not running: {reason}.", nameof(identity));

    public static bool TryOpen(ProcessHandleRegistry registry, ProcessIdentity identity, [NotNullWhen(true)] out Process? process)
    {
        process = Find(registry, identity, out _);
        return process is not null;
    }

    private static Process? Find(ProcessHandleRegistry registry, ProcessIdentity identity, out string reason)
    {
        RequireLinux();
        registry.RequireNotDisposed();
        if (identity.ProcessId <= 0 || (identity.PidFdId is null && (identity.StartTicks is null || identity.BootId is null)))
        {
            reason = "it names none, and was not made by GetIdentity or Parse";
            return null;
        }

        if (identity.BootId is { } bootId)
        {
            Errno error = registry.PidFs.GetBootId(out Guid? present);
            if (present is null)
            {
                throw new PlatformNotSupportedException(
                    $"The identity {identity} cannot be compared: {SystemCallError.Describe("/proc/sys/kernel/random/boot_id", error)}.");
            }

            if (bootId != present)
            {
                reason = "the machine has been booted since, or it is of another machine";
                return null;
            }
        }

        if (!registry.Support.IsSupported)
        {
            return FindByStockRoute(registry, identity, registry.Support.Reason, out reason);
        }

        PidFsAbility ability = registry.PidFs.Ability;
        return identity.PidFdId is { } id && ability.Method == ProcessIdentityMethod.FileHandle
            ? FindByHandle(registry, identity, id, out reason)
            : FindByProcessId(registry, identity, ability, out reason);
    }

    private static Process? FindByHandle(ProcessHandleRegistry registry, ProcessIdentity identity, ulong id, out string reason)
    {
        Errno error = registry.PidFs.OpenById(id, out SafePidFdHandle pidFd);
        if (error != 0)
        {
            reason = "it has been reaped, or it is not visible in this PID namespace";
            return error is Errno.ESTALE or Errno.ESRCH ? null : FindWithoutPidFd(registry, identity, "open_by_handle_at", error, out reason);
        }

        error = registry.PidFs.Calls.GetProcessId(pidFd, out int processId);
        if (error is not (0 or Errno.ESRCH))
        {
            // Neither ioctl nor /proc tells the PID.
            pidFd.Dispose();
            return FindByProcessId(registry, identity, registry.PidFs.Ability, out reason);
        }

        if (error == Errno.ESRCH || processId == 0)
        {
            pidFd.Dispose();
            reason = "it has been reaped, or it is not visible in this PID namespace";
            return null;
        }

        return Attach(registry, processId, pidFd, out reason);
    }

    private static Process? FindByProcessId(ProcessHandleRegistry registry, ProcessIdentity identity, PidFsAbility ability, out string reason)
    {
        Errno error = registry.Kernel.PidFdOpen(identity.ProcessId, out SafePidFdHandle pidFd);
        switch (error)
        {
            case 0:
                break;
            case Errno.ESRCH:
                reason = $"no process has the PID {identity.ProcessId}";
                return null;
            case Errno.EINVAL or Errno.ENOENT:
                reason = $"{identity.ProcessId} is the id of a thread now";
                return null;
            default:
                return FindWithoutPidFd(registry, identity, "pidfd_open", error, out reason);
        }

        try
        {
            bool isSame = identity.PidFdId is { } id && ability.HasPidFdIds
                ? registry.PidFs.IdOf(pidFd) == id
                : HasStartedAt(registry, identity, TicksOf(identity, ability.Reason), pidFd);
            if (isSame)
            {
                return Attach(registry, identity.ProcessId, pidFd, out reason);
            }
        }
        catch
        {
            pidFd.Dispose();
            throw;
        }

        pidFd.Dispose();
        reason = $"another process has the PID {identity.ProcessId} now, or the identity was made in another PID namespace";
        return null;
    }

    private static Process? Attach(ProcessHandleRegistry registry, int processId, SafePidFdHandle pidFd, out string reason)
    {
        reason = "it has just been reaped";
        try
        {
            return registry.OpenOwned(processId, pidFd);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Out of descriptors or memory: as every process, this one is left to the runtime until there is room.
    private static Process? FindWithoutPidFd(ProcessHandleRegistry registry, ProcessIdentity identity, string call, Errno error, out string reason) =>
        SystemCallError.IsResource(error) && identity.StartTicks is not null
            ? FindByStockRoute(registry, identity, SystemCallError.Describe(call, error), out reason)
            : throw SystemCallError.Failed(call, error);

    private static Process? FindByStockRoute(ProcessHandleRegistry registry, ProcessIdentity identity, string why, out string reason)
    {
        ulong ticks = TicksOf(identity, why);
        reason = $"no process with the PID {identity.ProcessId} started at {ticks} ticks";
        ulong? before = StartTime.Read(registry.Kernel, identity.ProcessId);
        if (before is not null && before != ticks)
        {
            return null;
        }

        Process? process = null;
        try
        {
            process = registry.Open(identity.ProcessId);
            if (before is null)
            {
                throw Hidden(identity);
            }

            if (StartTime.Read(registry.Kernel, identity.ProcessId) == ticks)
            {
                return process;
            }
        }
        catch (ArgumentException)
        {
            // Gone since.
        }
        catch
        {
            process?.Dispose();
            throw;
        }

        process?.Dispose();
        return null;
    }

    private static bool HasStartedAt(ProcessHandleRegistry registry, ProcessIdentity identity, ulong ticks, SafePidFdHandle pidFd)
    {
        ulong? found = StartTime.Read(registry.Kernel, identity.ProcessId);
        bool isAlive = registry.Kernel.PidFdSendSignal(pidFd, 0) != Errno.ESRCH;
        return isAlive && found is null ? throw Hidden(identity) : isAlive && found == ticks;
    }

    private static ulong TicksOf(ProcessIdentity identity, string why) => identity.StartTicks
        ?? throw new PlatformNotSupportedException($"The identity {identity} has only a pidfs id, which cannot be compared here: {why}.");

    private static PlatformNotSupportedException Hidden(ProcessIdentity identity) => new(
        $"The identity {identity} cannot be compared: /proc/{identity.ProcessId}/stat cannot be read, because /proc is not mounted, "
        + "is that of another PID namespace, or hides other users' processes (hidepid).");

    private static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Identities of processes are made from what Linux knows about them.");
        }
    }

    private static InvalidOperationException Exited(int processId) =>
        new($"Process {processId} has exited and been reaped, so there is nothing left to name it by.");
}
