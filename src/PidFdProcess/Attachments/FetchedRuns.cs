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
// handle knows of the exit, there is nothing to open. A handle that was detached before the exit knows nothing, so the PID is opened again.

/// <summary>The handles of fetched objects, in all registries.</summary>
internal static class FetchedRuns
{
    private static readonly ConditionalWeakTable<Process, ProcessHandle> s_handles = [];

    /// <summary>Notes the handle of an object that was fetched by PID. An earlier handle stays as long as its registry keeps it.</summary>
    public static void Note(Process process, ProcessHandle handle)
    {
        if (!s_handles.TryGetValue(process, out ProcessHandle? present) || present.IsClosing)
        {
            s_handles.AddOrUpdate(process, handle);
        }
    }

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
        if (!s_handles.TryGetValue(process, out ProcessHandle? handle) || !ReferenceEquals(handle.Owner.Platform, owner.Platform))
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
}
