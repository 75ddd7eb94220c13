namespace PidFdProcess.Linux;

/// <summary>How far a process has followed a SIGSTOP. The kernel sends it and returns. Each thread stops when it next gets a processor.</summary>
internal enum StopProgress
{
    /// <summary>Every thread has stopped or ended, or the process is gone. It forks no more.</summary>
    Stopped,

    /// <summary>A thread is ready to run and will stop when it gets a processor.</summary>
    Running,

    /// <summary>
    /// No thread is ready to run, although SIGSTOP would have woken it. Another program has continued the process, or a tracer keeps the signal from
    /// it. Its cgroup may be frozen, or it waits for a child of vfork.
    /// </summary>
    Waiting,
}

/// <summary>The threads of a process. <c>/proc/PID/stat</c> tells the state of the first alone, which may be a zombie while others run.</summary>
internal static class ProcThreads
{
    /// <summary>Reads how far all threads of a process have followed a SIGSTOP.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="processId">The process.</param>
    /// <param name="first">What <c>/proc/PID/stat</c> says.</param>
    /// <param name="threadIds">A list to use. What it holds is lost.</param>
    public static StopProgress ReadProgress(IKernel kernel, int processId, in ProcStat first, List<int> threadIds)
    {
        if (first.Threads <= 1)
        {
            return ProgressOf(first);
        }

        threadIds.Clear();
        Errno listed = kernel.ListThreads(processId, threadIds);
        if (listed != 0)
        {
            return ProcChildren.IsAbsent(listed) ? StopProgress.Stopped : StopProgress.Waiting;
        }

        int count = 0;
        StopProgress progress = StopProgress.Stopped;
        foreach (int thread in threadIds)
        {
            Errno error = kernel.ReadProcStat(thread, out ProcStat stat);
            if (error != 0)
            {
                progress = ProcChildren.IsAbsent(error) ? progress : StopProgress.Waiting;
                continue;
            }

            count++;
            switch (stat.IsZombie ? StopProgress.Stopped : ProgressOf(stat))
            {
                case StopProgress.Running:
                    return StopProgress.Running;
                case StopProgress.Waiting:
                    progress = StopProgress.Waiting;
                    break;
            }
        }

        // If there are more threads than were listed, one began during the listing.
        Errno again = kernel.ReadProcStat(processId, out ProcStat last);
        return again == 0 && last.Threads > count ? StopProgress.Running
            : again == 0 || ProcChildren.IsAbsent(again) ? progress
            : StopProgress.Waiting;
    }

    // A tracer may let go of a process that it has stopped (t) at any time, and drop the SIGSTOP.
    private static StopProgress ProgressOf(in ProcStat stat) => stat.State switch
    {
        'T' or 'Z' or 'X' or 'x' => StopProgress.Stopped,
        'R' => StopProgress.Running,
        _ => StopProgress.Waiting,
    };
}
