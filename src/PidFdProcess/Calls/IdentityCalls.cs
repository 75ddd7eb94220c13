using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Linux;

namespace PidFdProcess.Calls;

// Overview
//
// Makes identities of processes, and finds the processes of identities.
//
// Constraints: A PID names its process only until it is recycled. Everything under /proc is about a PID, and so is the Process object.
//
// Scheme: An answer about a PID is valid only if the pidfd's process still held the PID after the answer was read. Signal 0 proves that unless it
// fails with ESRCH. The pidfs id is read from the pidfd, so it needs no proof. Without pidfds the start ticks are read before and after. Then only a
// PID that was recycled within one tick is not noticed.

/// <summary>The public calls about identities.</summary>
internal static class IdentityCalls
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    public static ProcessIdentity GetIdentity(AttachmentTable runs, Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        RequireLinux();
        using PinnedRun run = PinnedRun.Of(runs, process);
        int processId = run.Attachment.ProcessId;
        ulong? id = run.Handle is { } handle ? runs.Platform.PidFs.IdOf(handle.PidFd) : null;
        Errno noTicks = 0;
        ulong? ticks = run.IsOver ? null : StartTime.Read(runs.Platform.Kernel, processId, out noTicks);
        if (HasEnded(run, ticks))
        {
            throw new InvalidOperationException($"Process {processId} has exited and been reaped, so it has no identity any more.");
        }

        Errno noBootId = runs.Platform.PidFs.GetBootId(out Guid? bootId);
        return id is null && (ticks is null || bootId is null)
            ? throw SystemCallError.NoAnswer(
                $"Process {processId} has no identity here ({WhyNotFiner(runs)})",
                ticks is null ? ErrnoTable.Proc : BootId,
                ticks is null ? noTicks : noBootId)
            : new ProcessIdentity(processId, id, ticks, bootId);
    }

    public static Process Open(AttachmentTable runs, ProcessIdentity identity) =>
        Find(runs, identity, out string reason)
        ?? throw new ArgumentException($"The process of the identity {identity} is not running: {reason}.", nameof(identity));

    /// <summary>Opens the process that the identity names. Returns <see langword="null"/> and the reason if the process is gone.</summary>
    public static Process? Find(AttachmentTable runs, ProcessIdentity identity, out string reason)
    {
        RequireLinux();
        runs.ThrowIfDisposed();
        if (identity.ProcessId <= 0 || (identity.PidFdId is null && (identity.StartTicks is null || identity.BootId is null)))
        {
            reason = "it names no process, and was not made by GetIdentity or Parse";
            return null;
        }

        if (identity.BootId is { } bootId)
        {
            Errno error = runs.Platform.PidFs.GetBootId(out Guid? present);
            if (present is null)
            {
                throw SystemCallError.NoAnswer($"The identity {identity} cannot be compared", BootId, error);
            }

            if (bootId != present)
            {
                reason = "the machine has been booted since, or it is of another machine";
                return null;
            }
        }

        // An identity with only a pidfs id is compared through a pidfd, even if the process is on the stock route afterwards.
        if (!runs.Support.IsSupported && (identity.StartTicks is not null || !runs.Platform.PidFs.Ability.HasPidFdIds))
        {
            return FindByStockRoute(runs, identity, runs.Support.Reason, out reason);
        }

        PidFsAbility ability = runs.Platform.PidFs.Ability;
        return identity.PidFdId is { } id && ability.Method == PidFsMethod.FileHandle
            ? FindByHandle(runs, identity, id, out reason)
            : FindByProcessId(runs, identity, ability, out reason);
    }

    public static PlatformNotSupportedException Hidden(ProcessIdentity identity) => new(
        $"The identity {identity} cannot be compared: /proc/{identity.ProcessId}/stat cannot be read, because /proc is not mounted, "
        + "is that of another PID namespace, or hides other users' processes (hidepid).");

    public static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("This call needs Linux.");
        }
    }

    // If pidfds are not used, the probe of pidfs must not run, because it makes the calls that an operator may have switched off.
    private static string WhyNotFiner(AttachmentTable runs) =>
        runs.Support.IsSupported ? runs.Platform.PidFs.Ability.Reason : runs.Support.ToString();

    /// <summary>Returns whether the PID may have been free, or of another process, when the ticks were read.</summary>
    private static bool HasEnded(in PinnedRun run, ulong? ticks) =>
        run.Handle?.IsReaped() ?? (run.HasLostId() || StartTime.Read(run.Kernel, run.Attachment.ProcessId) != ticks);

    private static Process? FindByHandle(AttachmentTable runs, ProcessIdentity identity, ulong id, out string reason)
    {
        Errno error = runs.Platform.PidFs.OpenById(id, out SafePidFdHandle pidFd);
        if (error != 0)
        {
            reason = "it has been reaped, or it is not visible in this PID namespace";
            return ErrnoTable.Means(ErrnoTable.OpenByHandleAt, error, ErrnoMeaning.Gone)
                ? null
                : FindWithoutPidFd(runs, identity, ErrnoTable.OpenByHandleAt, error, out reason);
        }

        error = runs.Platform.PidFs.Calls.GetProcessId(pidFd, out int processId);
        if (error is not (0 or Errno.ESRCH))
        {
            // Neither ioctl nor /proc tells the PID.
            pidFd.Dispose();
            return FindByProcessId(runs, identity, runs.Platform.PidFs.Ability, out reason);
        }

        if (error == Errno.ESRCH || processId == 0)
        {
            pidFd.Dispose();
            reason = "it has been reaped, or it is not visible in this PID namespace";
            return null;
        }

        return Attach(runs, processId, pidFd, out reason);
    }

    private static Process? FindByProcessId(AttachmentTable runs, ProcessIdentity identity, PidFsAbility ability, out string reason)
    {
        Errno error = runs.Platform.Kernel.PidFdOpen(identity.ProcessId, out SafePidFdHandle pidFd);
        if (error != 0)
        {
            switch (ErrnoTable.MeaningOf(ErrnoTable.PidFdOpen, error))
            {
                case ErrnoMeaning.Gone:
                    reason = $"no process has the PID {identity.ProcessId}";
                    return null;
                case ErrnoMeaning.NotAProcess:
                    reason = $"{identity.ProcessId} is the id of a thread now, or the process is just being reaped";
                    return null;
                default:
                    return FindWithoutPidFd(runs, identity, ErrnoTable.PidFdOpen, error, out reason);
            }
        }

        try
        {
            bool isSame = identity.PidFdId is { } id && ability.HasPidFdIds
                ? runs.Platform.PidFs.IdOf(pidFd) == id
                : HasStartedAt(runs, identity, TicksOf(identity, ability.Reason), pidFd);
            if (isSame)
            {
                return Attach(runs, identity.ProcessId, pidFd, out reason);
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

    private static Process? Attach(AttachmentTable runs, int processId, SafePidFdHandle pidFd, out string reason)
    {
        reason = "it has just been reaped";
        try
        {
            return FindCalls.OpenOwned(runs, processId, pidFd);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // If descriptors or memory are short, the process is found by PID and start ticks, and is on the stock route.
    private static Process? FindWithoutPidFd(AttachmentTable runs, ProcessIdentity identity, string call, Errno error, out string reason) =>
        SystemCallError.IsResource(error) && identity.StartTicks is not null
            ? FindByStockRoute(runs, identity, SystemCallError.Describe(call, error), out reason)
            : throw SystemCallError.Failed(call, error);

    private static Process? FindByStockRoute(AttachmentTable runs, ProcessIdentity identity, string why, out string reason)
    {
        ulong ticks = TicksOf(identity, why);
        reason = $"no process with the PID {identity.ProcessId} started at {ticks} ticks";
        ulong? before = StartTime.Read(runs.Platform.Kernel, identity.ProcessId);
        if (before is not null && before != ticks)
        {
            return null;
        }

        Process? process = null;
        try
        {
            process = OpenCalls.Open(runs, identity.ProcessId);
            if (before is null)
            {
                throw Hidden(identity);
            }

            if (StartTime.Is(runs.Platform.Kernel, identity.ProcessId, ticks) ?? throw Hidden(identity))
            {
                FindCalls.NoteStart(runs, process, (long)ticks);
                return process;
            }
        }
        catch (ArgumentException)
        {
            // The process has gone after the first read.
            return null;
        }
        catch
        {
            if (process is not null)
            {
                FindCalls.Close(runs, process);
            }

            throw;
        }

        FindCalls.Close(runs, process);
        return null;
    }

    private static bool HasStartedAt(AttachmentTable runs, ProcessIdentity identity, ulong ticks, SafePidFdHandle pidFd)
    {
        ulong? found = StartTime.Read(runs.Platform.Kernel, identity.ProcessId);
        bool isAlive = !runs.Platform.Kernel.IsReaped(pidFd);
        return isAlive && found is null ? throw Hidden(identity) : isAlive && found == ticks;
    }

    private static ulong TicksOf(ProcessIdentity identity, string why) => identity.StartTicks
        ?? throw new PlatformNotSupportedException($"The identity {identity} has only a pidfs id, which cannot be compared here: {why}.");
}
