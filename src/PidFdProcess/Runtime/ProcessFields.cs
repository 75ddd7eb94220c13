using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Runtime;

// Overview
//
// Answers questions about a Process object without the side effects of its public members.
//
// Constraints: The public members that answer the questions below do more. SafeHandle of a fetched process starts to poll. HasExited raises
// Exited. StartInfo throws for a fetched process. The setter of EnableRaisingEvents registers a wait even if the exit is known.
//
// Scheme: Read the private fields, which have had these names since .NET Framework, and call private methods. If a runtime lacks one of them, public
// members answer the questions. A test fails on that runtime.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/Process.cs

/// <summary>The private fields and methods of <see cref="Process"/>.</summary>
internal static class ProcessFields
{
    private static readonly bool s_isMissing = IsAnyMissing();
    private static bool s_cannotAsk;

    /// <summary>
    /// Gets whether this runtime has the method that <see cref="AskHasExited"/> calls. On Windows it has not. If another system lacks it, the first
    /// question finds that.
    /// </summary>
    public static bool CanAskHasExited => !OperatingSystem.IsWindows() && !s_cannotAsk;

    /// <summary>The handle that <see cref="Process.Start()"/> made, or <see langword="null"/> for a fetched process or a closed object.</summary>
    public static SafeProcessHandle? StartedHandle(Process process)
    {
        if (s_isMissing)
        {
            return HasStartInfo(process) ? process.SafeHandle : null;
        }

        // A fetched process gets a handle if the user asks for one. It never gets a StartInfo.
        return StartInfo(process) is null ? null : ProcessHandle(process);
    }

    /// <summary>Whether the object has never been started. If it has a process, it was fetched by PID.</summary>
    public static bool IsNeverStarted(Process process) => s_isMissing ? !HasStartInfo(process) : StartInfo(process) is null;

    /// <summary>
    /// Whether a stream is redirected, so that it may be read by lines. StartInfo cannot answer, because it may change after the start.
    /// </summary>
    public static bool HasOutput(Process process) =>
        s_isMissing || StandardOutput(process) is not null || StandardError(process) is not null;

    /// <summary>Whether a handler of Exited is registered. Without the field the answer is <see langword="true"/>, because one may be.</summary>
    public static bool HasExitedHandler(Process process) => s_isMissing || OnExited(process) is not null;

    /// <summary>Whether the object has noticed the exit and raised Exited, or tried to.</summary>
    public static bool HasRaisedExited(Process process) => !s_isMissing && RaisedOnExited(process);

    /// <summary>
    /// Sets whether Exited counts as raised. As long as it does, the stock members do not raise it. The caller holds the lock of the object.
    /// </summary>
    public static void MarkExitedAsRaised(Process process, bool isRaised)
    {
        if (!s_isMissing)
        {
            Volatile.Write(ref RaisedOnExited(process), isRaised);
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>Runs the handlers of Exited, which is marked as raised. The caller holds the lock of the object.</summary>
    public static void RaiseMarked(Process process)
    {
        if (!HasExitedHandler(process))
        {
            return;
        }

        if (Raise.IsMissing)
        {
            // The getter raises it if it is not marked.
            MarkExitedAsRaised(process, false);
            _ = process.HasExited;
        }
        else
        {
            Raise.OnExited(process);
        }
    }

    /// <summary>Asks the runtime whether the process has exited, as HasExited does, and raises nothing.</summary>
    /// <param name="process">The object.</param>
    /// <param name="refresh">Whether the runtime looks for the exit of a non-child. Otherwise it says what it has noted.</param>
    public static bool AskHasExited(Process process, bool refresh)
    {
        if (CanAskHasExited)
        {
            try
            {
                return GetHasExited(process, refresh);
            }
            catch (MissingMethodException)
            {
                s_cannotAsk = true;
            }
        }

        // This raises Exited if events are on.
        return refresh && process.WaitForExit(0);
    }

    /// <summary>Turns <see cref="Process.EnableRaisingEvents"/> on and registers no wait with the runtime.</summary>
    /// <returns><see langword="false"/> if the runtime lacks the field.</returns>
    public static bool TryMarkEventsAsOn(Process process)
    {
        if (!s_isMissing)
        {
            Volatile.Write(ref WatchForExit(process), true);

            // The caller looks next whether the object was restarted. A start looks at the field after it has changed the run.
            Interlocked.MemoryBarrier();
        }

        return !s_isMissing;
    }

    private static bool IsAnyMissing()
    {
        using Process process = new();
        try
        {
            // Each access throws if the field is missing.
            _ = ProcessHandle(process);
            _ = StartInfo(process);
            _ = StandardOutput(process);
            _ = StandardError(process);
            _ = OnExited(process);
            _ = RaisedOnExited(process);
            _ = WatchForExit(process);
            return false;
        }
        catch (MissingFieldException)
        {
            return true;
        }
    }

    private static bool HasStartInfo(Process process)
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

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_processHandle")]
    private static extern ref SafeProcessHandle? ProcessHandle(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_startInfo")]
    private static extern ref ProcessStartInfo? StartInfo(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_standardOutput")]
    private static extern ref StreamReader? StandardOutput(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_standardError")]
    private static extern ref StreamReader? StandardError(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_onExited")]
    private static extern ref EventHandler? OnExited(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_raisedOnExited")]
    private static extern ref bool RaisedOnExited(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_watchForExit")]
    private static extern ref bool WatchForExit(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetHasExited")]
    private static extern bool GetHasExited(Process process, bool refresh);

    // A class of its own, because most programs have no handler and never need it.
    private static class Raise
    {
        public static readonly bool IsMissing = s_isMissing || IsMethodMissing();

        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "OnExited")]
        public static extern void OnExited(Process process);

        private static bool IsMethodMissing()
        {
            using Process process = new();
            try
            {
                // There is no handler to run.
                OnExited(process);
                return false;
            }
            catch (MissingMethodException)
            {
                return true;
            }
        }
    }
}
