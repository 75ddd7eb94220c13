using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PidFdProcess.Runtime;

// Overview
//
// Answers whether the runtime has noted the exit of a process, and how the process ended, without an event and without the object's lock.
//
// Constraints: WaitForExit raises Exited if events are on. HasExited, ExitCode and ExitTime raise it even if events are off. The object then
// remembers the exit and raises nothing later. So a look that suppresses Exited would take it from the call that has to raise it. For an object
// that was fetched by PID, the only other public sign of the exit is the Exited event itself. It may come late, because another thread holds the lock
// of the object or because all pool threads are blocked. Until then another process may get the PID.
//
// Scheme: Ask the method behind HasExited, which raises nothing. Read the exit code and the time in the state that all Process objects of one child
// share, under the lock of the state. The runtime writes it when it reaps the child. It holds that lock from the reap on, so the state is complete
// if the kernel has reported the reap before. For a non-child the runtime writes the state when a poll finds no process. On a runtime that lacks a
// field, the getters tell how the process ended. Reflection reads the fields. Since .NET 10, a program that was compiled ahead of time calls
// methods of the state, because reflection would add 400 KB to it.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/ProcessWaitState.Unix.cs

/// <summary>What the runtime knows of an exit.</summary>
internal static class RuntimeExit
{
    /// <summary>Gets whether this runtime has the method that <see cref="IsNoted"/> asks.</summary>
    public static bool CanLook => ProcessFields.CanAskHasExited;

    /// <summary>Returns whether the runtime has noted the exit. An object without a process, or without a state of it, has noted none.</summary>
    public static bool IsNoted(Process process)
    {
        bool isFetched = ProcessFields.StartedHandle(process) is null;
        if (!CanLook || (isFetched && (!ProcessIdField.HasProcess(process) || !HasState(process))))
        {
            return false;
        }

        try
        {
            return ProcessFields.AskHasExited(process, refresh: false);
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException)
        {
            // Another thread has closed the object since.
            return false;
        }
    }

    /// <summary>
    /// Returns whether the object has a state of its process, from which the stock members answer. The object of a non-child gets one when it is
    /// first asked for the exit. If that cannot be told, the answer is <see langword="true"/>.
    /// </summary>
    public static bool HasState(Process process) =>
        RuntimeFeature.IsDynamicCodeSupported ? WaitStateFields.HasState(process) : WaitStateMethods.HasState(process);

    /// <summary>
    /// Reads the exit code and the time of the exit, and raises nothing. Returns <see langword="null"/> if the runtime does not know them, or if the
    /// object has another run.
    /// </summary>
    /// <exception cref="InvalidOperationException">This runtime lacks a field, and the object does not know the exit code.</exception>
    public static (int Code, DateTime Time)? Read(Process process, in RunIdentity run)
    {
        if (!TryRead(process, out (int Code, DateTime Time)? known))
        {
            // The getters raise Exited, as they do without this library.
            known = (StockCalls.ExitCode(process), process.ExitTime);
        }

        // A restart drops the handle of the run before it makes a new state. So if the object still has the run, the state is of that run.
        return run.IsCurrentIn(process) ? known : null;
    }

    /// <summary>
    /// Reads when the runtime reaped a child, and raises nothing. Returns <see langword="null"/> if that is not known, or if the object has another
    /// run.
    /// </summary>
    public static DateTime? ReadTime(Process process, in RunIdentity run) =>
        TryRead(process, out (int Code, DateTime Time)? known) && run.IsCurrentIn(process) ? known?.Time : null;

    // What was read is null if the object has no process, or if the runtime has not noted its exit.
    private static bool TryRead(Process process, out (int Code, DateTime Time)? known) =>
        RuntimeFeature.IsDynamicCodeSupported ? WaitStateFields.TryRead(process, out known) : WaitStateMethods.TryRead(process, out known);
}
