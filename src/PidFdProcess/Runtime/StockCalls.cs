using System.Diagnostics;

namespace PidFdProcess.Runtime;

// Overview
//
// Calls the stock members of a Process object that another thread may close or restart.
//
// Constraints: If another thread closes the Process object during a stock call, the call loses the runtime's state and may throw a
// NullReferenceException. A restart closes the object, too. The object may have a process again before the exception is caught.
//
// Scheme: Note the run before the call. If the object has another run or none afterwards, throw the exception of a closed object instead.

/// <summary>The stock methods. If the object is closed or restarted during the call, they all throw the same exception.</summary>
internal static class StockCalls
{
    private const int MillisecondsToClose = 100;

    public static bool WaitForExit(Process process, int milliseconds)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            return process.WaitForExit(milliseconds);
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    /// <summary>Waits for the exit without a limit. The stock method with -1 also waits for the streams.</summary>
    public static bool WaitWithoutLimit(Process process)
    {
        while (!WaitForExit(process, int.MaxValue))
        {
        }

        return true;
    }

    public static bool HasExited(Process process)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            return process.HasExited;
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    public static int ExitCode(Process process)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            return process.ExitCode;
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    /// <summary>Opens the runtime's handle of a fetched process.</summary>
    public static void OpenHandle(Process process)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            _ = process.SafeHandle;
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    public static void Kill(Process process)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            process.Kill();
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    // A method of its own, because its code makes a program larger that is compiled ahead of time. A program that kills no tree goes without it.
    public static void KillTree(Process process)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    public static void EnableRaisingEvents(Process process)
    {
        RunIdentity run = RunIdentity.Of(process);
        try
        {
            process.EnableRaisingEvents = true;
        }
        catch (NullReferenceException e) when (IsClosing(process, run))
        {
            throw Closed(e);
        }
    }

    /// <summary>Whether an exception comes from an object that was closed during the call. A handler of Exited may throw the same types.</summary>
    public static bool IsFromClosed(Exception e, Process process, in RunIdentity run) =>
        e is InvalidOperationException ? !run.IsCurrentIn(process) : e is NullReferenceException && IsClosing(process, run);

    /// <summary>
    /// Whether a NullReferenceException comes from an object that another thread closes. Close() drops the process of the object before its state,
    /// and this thread may see that a moment later. If a handler of Exited has thrown the exception, it is only delayed.
    /// </summary>
    public static bool IsClosing(Process process, RunIdentity run) => SpinWait.SpinUntil(() => !run.IsCurrentIn(process), MillisecondsToClose);

    /// <summary>The exception that the stock methods throw for an object without a process.</summary>
    public static InvalidOperationException Closed(Exception? inner = null) =>
        new("No process is associated with this object, because another thread closed, disposed or restarted it during the call.", inner);
}
