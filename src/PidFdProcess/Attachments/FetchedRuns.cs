using System.Diagnostics;
using System.Runtime.CompilerServices;
using PidFdProcess.Handles;
using PidFdProcess.Linux;

namespace PidFdProcess.Attachments;

// Overview
//
// Remembers the handles of objects that were fetched by PID, for the other registries of the program.
//
// Constraints: A fetched object has only the PID to name its process. A registry that has not seen the exit could open the PID when another process
// has it. Another registry may have seen the exit, and the runtime may not know of it.
//
// Scheme: A table of weak keys has a handle of each fetched object. Another registry duplicates its pidfd instead of opening the PID. If the
// handle knows of the exit, there is nothing to open. A handle that was detached before the exit knows nothing, so the PID is opened again. If no
// registry had room for a pidfd, the table has the run without one. Its start time tells whether the PID has a new owner.

/// <summary>What all registries know of fetched objects.</summary>
internal static class FetchedRuns
{
    // The values are handles, or runs without one.
    private static readonly ConditionalWeakTable<Process, object> s_runs = [];

    /// <summary>Notes the attachment of an object that was fetched by PID. An earlier handle stays as long as its registry keeps it.</summary>
    public static void Note(Process process, ProcessAttachment attachment, PidFdPlatform platform)
    {
        if (s_runs.TryGetValue(process, out object? present) && present is ProcessHandle handle && (!handle.IsClosing || attachment.Handle is null))
        {
            return;
        }

        s_runs.AddOrUpdate(process, attachment.Handle ?? (object)new RunWithoutPidFd(attachment.WithoutPidFd!, platform));
    }

    /// <summary>Finds a run that another registry could give no pidfd, but may have proven by its start time.</summary>
    public static StockRun? FindWithoutPidFd(Process process, IWaitOwner owner) =>
        s_runs.TryGetValue(process, out object? entry) && entry is RunWithoutPidFd run && ReferenceEquals(run.Platform, owner.Platform)
            ? run.Run
            : null;

    /// <summary>Opens the process of the object through the handle that another registry has.</summary>
    /// <param name="process">The object.</param>
    /// <param name="owner">The registry that asks. It knows only the handles of its own kernel.</param>
    /// <param name="pidFd">A pidfd that belongs to the caller.</param>
    /// <param name="hasExited">Whether the process is known to have exited and to be reaped, so that there is nothing to open.</param>
    /// <returns><see langword="false"/> if no registry knows the process, or the pidfd cannot be duplicated.</returns>
    public static bool TryOpen(Process process, IWaitOwner owner, out SafePidFdHandle? pidFd, out bool hasExited)
    {
        pidFd = null;
        hasExited = false;
        if (FindWithoutPidFd(process, owner) is { Cause: StockCause.Exited })
        {
            hasExited = true;
            return true;
        }

        if (!s_runs.TryGetValue(process, out object? entry) || entry is not ProcessHandle handle
            || !ReferenceEquals(handle.Owner.Platform, owner.Platform))
        {
            return false;
        }

        if (!handle.TryAddRef())
        {
            hasExited = handle.Exit is not null || handle.RunEnd != RunEnd.None;
            return hasExited;
        }

        try
        {
            Errno error = handle.Duplicate(out SafePidFdHandle duplicate);
            if (error == 0)
            {
                pidFd = duplicate;
                return true;
            }

            duplicate.Dispose();
            hasExited = handle.IsReaped();
            return hasExited;
        }
        finally
        {
            handle.Release();
        }
    }

    private sealed class RunWithoutPidFd(StockRun run, PidFdPlatform platform)
    {
        public StockRun Run => run;

        public PidFdPlatform Platform => platform;
    }
}
