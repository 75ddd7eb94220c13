using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Attachments;
using PidFdProcess.Calls;
using PidFdProcess.Linux;

namespace PidFdProcess.Scopes;

/// <summary>Finds the processes that are left in a session whose leader has exited.</summary>
internal static class SessionLeftovers
{
    // In this time the kernel cannot hand out all other PIDs.
    private static readonly TimeSpan s_momentWithoutProof = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens them. Each pidfd is opened first, the session is read next, and the proof is asked for last.</summary>
    /// <param name="runs">The table of the runs.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="isKnown">Whether a process is a member already.</param>
    /// <param name="isProven">Whether a member of the session has not been reaped.</param>
    /// <param name="knownAt">When the session was known last, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    public static List<Process> Open(AttachmentTable runs, int sessionId, Func<int, bool> isKnown, Func<bool> isProven, long knownAt)
    {
        IKernel kernel = runs.Platform.Kernel;
        List<int> ids = [];
        List<Process> found = [];
        kernel.ListProcesses(ids);
        foreach (int id in ids.Where(id => IsIn(kernel, id, sessionId) && id != Environment.ProcessId && !isKnown(id)))
        {
            Process? process = null;
            try
            {
                process = OpenCalls.Open(runs, id);
                using PinnedRun run = PinnedRun.Of(runs, process);
                if (IsIn(kernel, id, sessionId)
                    && run.Handle?.IsReaped() != true
                    && (isProven() || (Stopwatch.GetElapsedTime(knownAt) < s_momentWithoutProof && !IsTaken(kernel, sessionId))))
                {
                    found.Add(process);
                    process = null;
                    knownAt = Stopwatch.GetTimestamp();
                }
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // Gone since it was listed, or out of descriptors. A stop lists again.
            }
            finally
            {
                process?.Dispose();
            }
        }

        return found;
    }

    private static bool IsIn(IKernel kernel, int id, int sessionId) =>
        kernel.ReadProcStat(id, out ProcStat stat) == 0 && stat.SessionId == sessionId && !stat.HasExited;

    private static bool IsTaken(IKernel kernel, int id) => kernel.ReadProcStat(id, out _) is not (Errno.ENOENT or Errno.ESRCH);
}
