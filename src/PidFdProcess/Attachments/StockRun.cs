using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Attachments;

/// <summary>A run without a pidfd, and why it has none.</summary>
/// <param name="processId">The PID.</param>
/// <param name="run">The run.</param>
/// <param name="cause">The cause, on which this library decides.</param>
/// <param name="reason">The reason in words, for an operator.</param>
/// <param name="startTicks">
/// The start time of a process that was proven by a pidfd, which was closed because descriptors are short. 0 if the object alone names the process.
/// </param>
internal sealed class StockRun(int processId, RunIdentity run, StockCause cause, string reason, long startTicks = 0)
{
    private long _startTicks = startTicks;
    private int _isExitCounted;

    public int ProcessId => processId;

    public RunIdentity Run => run;

    public StockCause Cause => cause;

    public long StartTicks => Volatile.Read(ref _startTicks);

    public string Reason => reason;

    /// <summary>Notes the start time of the process that the caller means, because the PID alone does not name it.</summary>
    public void Prove(long ticks) => Volatile.Write(ref _startTicks, ticks);

    /// <summary>
    /// Returns whether the proven process no longer has its PID. Returns <see langword="false"/> if the start time cannot be read, or if nothing was
    /// proven.
    /// </summary>
    public bool HasLostProof(IKernel kernel)
    {
        if (StartTicks == 0)
        {
            return false;
        }

        Errno error = kernel.ReadProcStat(processId, out ProcStat stat);
        return error == 0 ? stat.StartTicks != StartTicks : ErrnoTable.MeaningOf(ErrnoTable.Proc, error) == ErrnoMeaning.Gone;
    }

    /// <summary>Succeeds once, so that an exit that the runtime has told is counted once.</summary>
    public bool TryCountExit() => Interlocked.Exchange(ref _isExitCounted, 1) == 0;
}
