using System.Diagnostics;
using PidFdProcess.Linux;

namespace PidFdProcess.Runtime;

/// <summary>What the stock runtime makes of a process whose pidfd reports the exit.</summary>
internal enum StockView
{
    /// <summary>It knows: HasExited, ExitCode and ExitTime work.</summary>
    Exited,

    /// <summary>It is about to reap this child.</summary>
    AboutToReap,

    /// <summary>
    /// It still takes the process for running: one with another parent, which has not reaped yet, or whose PID was recycled.
    /// Or the Process object was closed.
    /// </summary>
    Unaware,

    /// <summary>The Process object has been started anew and by chance got the same PID.</summary>
    StartedAnew,
}

// Overview
//
// Constraints: the runtime reaps its children on its own thread, shortly after the pidfd gets ready; only then do
// ExitCode and ExitTime work. For other processes it looks by kill(pid, 0), which takes a zombie, or a stranger with the
// recycled PID, for the process. Spinning on HasExited contends with the reaper for a lock.
//
// Scheme: one cheap look. If stock does not know yet, and waitid (without reaping) has told that this is a child of ours, the
// stock wait, which waits for an event, ends as soon as the runtime has reaped. That is some tens of microseconds later, and to sleep
// and be woken takes as long; a thread on which somebody waits had better stay awake (YieldUntilReaped) before. WaitForExit(0) is the
// look: unlike HasExited it raises Exited only if the app asked for events, as every stock wait does.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitState.Unix.cs
internal static class StockState
{
    // For how long to take the stock wait for one for this process. It ends by an event, long before, except for a child that native code
    // forked, which that code reaps sooner or later, and for an object that was started anew in this moment.
    private const int Slice = 100;

    // Together some tens of microseconds, if nobody else wants the processor.
    private const int LooksBeforeSleep = 50;

    /// <summary>Looks without blocking.</summary>
    public static StockView Look(Process process, int processId, IKernel kernel, SafePidFdHandle pidFd, bool isChild)
    {
        try
        {
            if (process.Id != processId)
            {
                return StockView.Unaware;
            }

            if (process.WaitForExit(0))
            {
                return StockView.Exited;
            }

            // A zombie keeps its PID, so stock still means the same process.
            if (kernel.PidFdSendSignal(pidFd, 0) != Errno.ESRCH)
            {
                return isChild ? StockView.AboutToReap : StockView.Unaware;
            }

            // Reaped, perhaps since the first look; its PID can have a new owner.
            if (process.WaitForExit(0))
            {
                return StockView.Exited;
            }

            // With another PID it was started anew after the look had begun, and what ended is what the caller waited for.
            return WasStarted(process) && !IsClosed(process, processId) ? StockView.StartedAnew : StockView.Unaware;
        }
        catch (Exception e) when (IsFromClosedProcess(e, process, processId))
        {
            return StockView.Unaware;
        }
    }

    /// <summary>Looks, and waits for the runtime to reap if it is about to; AboutToReap only if the limit was over first.</summary>
    public static StockView Settle(Process process, int processId, IKernel kernel, SafePidFdHandle pidFd, bool isChild, int limit)
    {
        if (!isChild)
        {
            return Look(process, processId, kernel, pidFd, isChild);
        }

        try
        {
            if (process.Id != processId)
            {
                return StockView.Unaware;
            }

            // Not -1: that would also wait for the end of redirected streams.
            while (!process.WaitForExit(limit == Timeout.Infinite ? Slice : limit))
            {
                StockView view = Look(process, processId, kernel, pidFd, isChild);
                if (view != StockView.AboutToReap)
                {
                    return view;
                }

                if (!WasStarted(process) || IsClosed(process, processId))
                {
                    return StockView.Unaware;
                }

                if (limit != Timeout.Infinite)
                {
                    return StockView.AboutToReap;
                }
            }

            return StockView.Exited;
        }
        catch (Exception e) when (IsFromClosedProcess(e, process, processId))
        {
            return StockView.Unaware;
        }
    }

    /// <summary>Offers the processor to others for about as long as a reap takes. Looks by the pidfd, which takes no lock.</summary>
    public static void YieldUntilReaped(IKernel kernel, SafePidFdHandle pidFd)
    {
        for (int looks = 0; looks < LooksBeforeSleep && kernel.PidFdSendSignal(pidFd, 0) == 0; looks++)
        {
            Thread.Yield();
        }
    }

    /// <summary>
    /// Another thread closed the Process object while a call was inside it: the runtime's own state is then torn down under
    /// that call, which shows as either of these. A handler of Exited may throw them too, hence the second look.
    /// </summary>
    public static bool IsFromClosedProcess(Exception e, Process process, int processId) =>
        e is (InvalidOperationException or NullReferenceException) && IsClosed(process, processId);

    /// <summary>Has the Process object been closed, or started anew with another PID?</summary>
    public static bool IsClosed(Process process, int processId)
    {
        try
        {
            return process.Id != processId;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>May the streams of the process be read by lines? Others have an end that no wait waits for.</summary>
    public static bool MayReadLines(Process process)
    {
        try
        {
            return process.StartInfo is { RedirectStandardOutput: true } or { RedirectStandardError: true };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Only an object that was started by Start() has a StartInfo while it is associated with a process.</summary>
    public static bool WasStarted(Process process)
    {
        try
        {
            return process.StartInfo is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
