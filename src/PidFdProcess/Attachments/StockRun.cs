using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

/// <summary>A run without a pidfd, and why it has none.</summary>
/// <param name="processId">The PID.</param>
/// <param name="run">The run.</param>
/// <param name="cause">Why there is no pidfd, for this library.</param>
/// <param name="reason">Why there is no pidfd, for a person.</param>
/// <param name="startTicks">
/// The start time of a process that was proven by a pidfd, which was closed because descriptors are short. 0 if the object alone names the process.
/// </param>
internal sealed class StockRun(int processId, RunIdentity run, StockCause cause, string reason, long startTicks = 0)
{
    private int _isExitCounted;

    public int ProcessId => processId;

    public RunIdentity Run => run;

    public StockCause Cause => cause;

    public long StartTicks => startTicks;

    public string Reason => reason;

    /// <summary>
    /// Returns whether another process has the PID of a process that was proven before, or none has. If the start time cannot be read, nothing is
    /// known.
    /// </summary>
    public bool HasLostProof(IKernel kernel)
    {
        if (startTicks == 0)
        {
            return false;
        }

        Errno error = kernel.ReadProcStat(processId, out ProcStat stat);
        return error == 0 ? stat.StartTicks != startTicks : ErrnoTable.MeaningOf(ErrnoTable.Proc, error) == ErrnoMeaning.Gone;
    }

    /// <summary>Succeeds once, so that an exit that the runtime has told is counted once.</summary>
    public bool TryCountExit() => Interlocked.Exchange(ref _isExitCounted, 1) == 0;
}
