using System.Globalization;

namespace PidFdProcess.Linux;

/// <summary>The threads of a process. <c>/proc/PID/stat</c> tells the state of the first alone, which may be a zombie while others run.</summary>
internal static class ProcThreads
{
    /// <summary>
    /// Lists the ids of the threads as they are now; ends early if the process exits meanwhile, and at once if it may not be looked at.
    /// </summary>
    public static IEnumerable<int> Enumerate(int processId)
    {
        IEnumerator<string> tasks;
        try
        {
            tasks = Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/task")).GetEnumerator();
        }
        catch (Exception e) when (IsHidden(e))
        {
            yield break;
        }

        using (tasks)
        {
            while (MoveNext(tasks))
            {
                yield return int.Parse(Path.GetFileName(tasks.Current.AsSpan()), CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>Has every thread stopped or ended? Until then one of them may be in the midst of a fork.</summary>
    public static bool HaveStopped(IKernel kernel, int processId)
    {
        int count = 0;
        foreach (int thread in Enumerate(processId))
        {
            if (kernel.ReadProcStat(thread, out ProcStat stat) == 0)
            {
                if (!stat.IsStopped && !stat.IsZombie)
                {
                    return false;
                }

                count++;
            }
        }

        // More than were listed: one began meanwhile.
        return kernel.ReadProcStat(processId, out ProcStat first) != 0 || first.Threads <= count;
    }

    private static bool MoveNext(IEnumerator<string> tasks)
    {
        try
        {
            return tasks.MoveNext();
        }
        catch (Exception e) when (IsHidden(e))
        {
            return false;
        }
    }

    // It has exited, or another user's processes are hidden: hidepid=, see proc(5).
    private static bool IsHidden(Exception e) => e is IOException or UnauthorizedAccessException;
}
