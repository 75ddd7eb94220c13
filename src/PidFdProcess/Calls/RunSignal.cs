using System.ComponentModel;
using PidFdProcess.Attachments;
using PidFdProcess.Diagnostics;
using PidFdProcess.Linux;
using PidFdProcess.Runtime;

namespace PidFdProcess.Calls;

// Overview
//
// Sends signals to a run, and turns their errnos into answers and exceptions.
//
// Constraints: After the probe has seen pidfd_send_signal work, no errno of that call is a reason to signal by PID. A refusal is reported to the
// caller, and the pidfd is kept.

/// <summary>Sends signals to pinned runs.</summary>
internal static class RunSignal
{
    /// <summary>Sends a signal. Returns <see langword="false"/> if the process has exited.</summary>
    public static bool Send(in PinnedRun run, int signal) => run.Handle is { } handle
        ? Answer(handle.ProcessId, signal, ErrnoTable.PidFdSendSignal, handle.Signal(signal))
        : SendByPid(run, signal);

    /// <summary>Sends a signal and ignores a refusal.</summary>
    public static void TrySend(in PinnedRun run, int signal)
    {
        try
        {
            Send(run, signal);
        }
        catch (Win32Exception)
        {
            // The signal before this one was not refused, so this refusal does not matter to the caller.
        }
    }

    /// <summary>Sends a signal to a run that has no pidfd.</summary>
    public static bool SendByPid(in PinnedRun run, int signal)
    {
        int processId = run.Attachment.ProcessId;
        if (!run.IsOver && run.Attachment.WithoutPidFd is { StartTicks: not 0 } proven && run.Runs.Support.IsSupported)
        {
            // The start time names the process even if the object was closed or restarted.
            if (TrySendByNewPidFd(run.Kernel, proven, signal, out string call, out Errno error))
            {
                return Answer(processId, signal, ErrnoTable.PidFdSendSignal, error);
            }

            if (!run.IsCurrent)
            {
                // Neither does the runtime know whether the process runs.
                throw SystemCallError.Failed(call, error);
            }
        }

        if (run.HasLostId())
        {
            return Answer(processId, signal, ErrnoTable.Kill, Errno.ESRCH);
        }

        if (signal == SignalNumbers.SigKill)
        {
            StockCalls.Kill(run.Process);
            return Answer(processId, signal, ErrnoTable.Kill, 0);
        }

        return Answer(processId, signal, ErrnoTable.Kill, UnixSignals.Kill(processId, signal));
    }

    /// <summary>
    /// Sends a signal through a pidfd that is closed again, because few descriptors are left. The PID could get another owner between the look at the
    /// start time and a call by PID.
    /// </summary>
    /// <returns>
    /// <see langword="false"/> if <paramref name="call"/> failed, so that only the runtime may know whether the PID is still that of the process.
    /// </returns>
    private static bool TrySendByNewPidFd(IKernel kernel, StockRun proven, int signal, out string call, out Errno error)
    {
        call = ErrnoTable.PidFdOpen;
        error = kernel.PidFdOpen(proven.ProcessId, out SafePidFdHandle pidFd);
        using (pidFd)
        {
            if (error != 0)
            {
                // Any process that has the PID now is another one, and a thread with this id is of another one.
                bool isGone = ErrnoTable.MeaningOf(call, error) is ErrnoMeaning.Gone or ErrnoMeaning.NotAProcess;
                error = isGone ? Errno.ESRCH : error;
                return isGone;
            }

            bool isLost;
            do
            {
                error = proven.Compare(kernel, out isLost);
            }
            while (SystemCallError.IsResource(error) && SpareDescriptors.TryRelease());
            if (error != 0)
            {
                call = proven.StatFile;
                return false;
            }

            error = isLost ? Errno.ESRCH : kernel.PidFdSendSignal(pidFd, signal);
            return true;
        }
    }

    /// <summary>Counts a signal in the meter, and turns its errno into the answer to the caller.</summary>
    public static bool Answer(int processId, int signal, string call, Errno error)
    {
        if (PidFdMetrics.CountsSignals)
        {
            PidFdMetrics.Signaled(
                SignalNumbers.NameOf(signal), error switch { 0 => "sent", Errno.ESRCH => "exited", _ => SystemCallError.Name(error) });
        }

        return error switch
        {
            0 => true,
            Errno.ESRCH => false,
            _ => throw SystemCallError.SignalRefused(call, processId, signal, error),
        };
    }
}
