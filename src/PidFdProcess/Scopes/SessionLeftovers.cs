using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

// Overview
//
// Constraints: /proc tells a session only by its number, which is the PID of the leader. After the last process of the session has been reaped,
// another process may get that PID and lead a new session.
//
// Scheme: Open the pidfd of each candidate first, read its session second, and ask for a proof last. A proof is a member of the session that has not
// been reaped. Without a member, it is enough that the candidate started before the session was last known, or shortly after, if no process has the
// PID of the leader.

/// <summary>Finds the processes that are left in a session whose leader has exited.</summary>
internal static class SessionLeftovers
{
    /// <summary>Opens the processes that are left in the session.</summary>
    /// <param name="runs">The table of the runs.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="isKnown">Returns whether a process is a member already.</param>
    /// <param name="isProven">Returns whether a member of the session has not been reaped.</param>
    /// <param name="knownAt">When the session was last known to be that of a member, by <see cref="BootClock"/>.</param>
    /// <param name="isComplete">Whether descriptors and memory sufficed, so that no process was missed.</param>
    public static List<Process> Open(
        AttachmentTable runs, int sessionId, Func<int, bool> isKnown, Func<bool> isProven, TimeSpan knownAt, out bool isComplete)
    {
        IKernel kernel = runs.Platform.Kernel;
        List<int> ids = [];
        List<Process> found = [];
        isComplete = !SystemCallError.IsResource(kernel.ListProcesses(ids));
        foreach (int id in ids)
        {
            Errno error = ReadIsIn(kernel, id, sessionId, out bool isIn, out _);
            isComplete &= !SystemCallError.IsResource(error);
            if (!isIn || id == Environment.ProcessId || isKnown(id))
            {
                continue;
            }

            Process? process = null;
            try
            {
                process = OpenCalls.Open(runs, id);
                using PinnedRun run = PinnedRun.Of(runs, process);
                isComplete &= !SystemCallError.IsResource(ReadIsIn(kernel, id, sessionId, out isIn, out ProcStat stat));
                if (isIn
                    && run.Handle?.IsReaped() != true
                    && (isProven() || (TreeSessions.IsCovered(stat, knownAt) && !IsTaken(kernel, sessionId))))
                {
                    found.Add(process);
                    process = null;
                    knownAt = stat.StartedAt > knownAt ? stat.StartedAt : knownAt;
                }
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // The process has gone after the list, or no descriptor is free.
                isComplete &= e is not Win32Exception;
            }
            finally
            {
                process?.Dispose();
            }
        }

        return found;
    }

    private static Errno ReadIsIn(IKernel kernel, int id, int sessionId, out bool isIn, out ProcStat stat)
    {
        Errno error = kernel.ReadProcStat(id, out stat);
        isIn = error == 0 && stat.SessionId == sessionId && !stat.HasExited;
        return error;
    }

    private static bool IsTaken(IKernel kernel, int id) => kernel.ReadProcStat(id, out _) is not (Errno.ENOENT or Errno.ESRCH);
}
