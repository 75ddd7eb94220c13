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

    /// <summary>Gets the file with the start time.</summary>
    public string StatFile => $"/proc/{processId}/stat";

    /// <summary>Notes the start time of the process that the caller means, because the PID alone does not name it.</summary>
    public void Prove(long ticks) => Volatile.Write(ref _startTicks, ticks);

    /// <summary>
    /// Returns whether the proven process no longer has its PID. Returns <see langword="false"/> if nothing was proven, or if <c>/proc</c> does not
    /// tell, because it cannot be read or hides the process.
    /// </summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="throwIfUnknown">Whether a call by PID follows, which must not hit another process.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">
    /// The object was fetched by PID, and it is not known whether the PID still belongs to its process. For a started object the runtime knows that.
    /// </exception>
    public bool HasLostProof(IKernel kernel, bool throwIfUnknown)
    {
        Errno error = Compare(kernel, out bool isLost);
        return error == 0 || run.IsStarted || !throwIfUnknown ? isLost : throw SystemCallError.Failed(StatFile, error);
    }

    /// <summary>Compares the start time of the process that has the PID now with that of the proven one.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="isLost">Whether the proven process no longer has its PID.</param>
    /// <returns>0, or the errno because of which that is not known.</returns>
    public Errno Compare(IKernel kernel, out bool isLost)
    {
        isLost = false;
        if (StartTicks == 0)
        {
            return 0;
        }

        Errno error = kernel.ReadProcStat(processId, out ProcStat stat);
        isLost = error == 0 ? stat.StartTicks != StartTicks : ProcChildren.IsGone(kernel, processId, error);
        return isLost ? 0 : error;
    }

    /// <summary>Succeeds once, so that an exit that the runtime has told is counted once.</summary>
    public bool TryCountExit() => Interlocked.Exchange(ref _isExitCounted, 1) == 0;
}
