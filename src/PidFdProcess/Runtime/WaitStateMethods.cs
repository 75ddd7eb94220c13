using System.Diagnostics;
#if NET10_0_OR_GREATER
using System.Runtime.CompilerServices;
#endif

namespace PidFdProcess.Runtime;

/// <summary>
/// Calls the methods of the runtime's state of a process, in a program that was compiled ahead of time. A call makes a state for an object that has
/// none, as a stock member does.
/// </summary>
/// <remarks>
/// .NET 8 has no accessors for types that are not public, so reflection serves there. An accessor cannot read a field whose type is not public. The
/// exit status of .NET 11 is of a new type, so nothing but the getters tells the code there.
/// https://github.com/dotnet/runtime/blob/main/docs/design/features/unsafeaccessors.md
/// </remarks>
internal static class WaitStateMethods
{
#if NET10_0_OR_GREATER
    private const string State = "System.Diagnostics.ProcessWaitState, System.Diagnostics.Process";

    private static bool s_cannotRead;

    /// <summary>Returns <see langword="true"/>, because no method tells whether the object has a state without making one.</summary>
    public static bool HasState(Process process) => true;

    /// <summary>Reads the exit code and the time of the exit if the runtime has noted them.</summary>
    /// <returns><see langword="false"/> if this runtime lacks a method.</returns>
    public static bool TryRead(Process process, out (int Code, DateTime Time)? known)
    {
        known = null;
        if (s_cannotRead)
        {
            return false;
        }

        try
        {
            object state = GetWaitState(process);
            known = GetExited(state, out int? code, refresh: false) && code is not null ? (code.Value, GetExitTime(state)) : null;
            return true;
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException)
        {
            s_cannotRead = true;
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException)
        {
            // The object has no process, or another thread closes it.
            return true;
        }
    }

    /// <summary>
    /// Returns whether the runtime has started the process with this PID and will reap it. As a stock member does, the question takes the state of an
    /// exited non-child from the runtime's table. Objects that have the state keep it.
    /// </summary>
    public static bool IsChild(int processId)
    {
        try
        {
            object state = AddRef(null, processId, isNewChild: false, usesTerminal: false);
            try
            {
                return IsChild(state);
            }
            finally
            {
                ReleaseRef(state);
            }
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException)
        {
            return true;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetWaitState")]
    [return: UnsafeAccessorType(State)]
    private static extern object GetWaitState(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetExited")]
    private static extern bool GetExited([UnsafeAccessorType(State)] object state, out int? exitCode, bool refresh);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ExitTime")]
    private static extern DateTime GetExitTime([UnsafeAccessorType(State)] object state);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod, Name = "AddRef")]
    [return: UnsafeAccessorType(State)]
    private static extern object AddRef([UnsafeAccessorType(State)] object? state, int processId, bool isNewChild, bool usesTerminal);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ReleaseRef")]
    private static extern void ReleaseRef([UnsafeAccessorType(State)] object state);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_isChild")]
    private static extern ref bool IsChild([UnsafeAccessorType(State)] object state);
#else
    public static bool HasState(Process process) => WaitStateFields.HasState(process);

    public static bool TryRead(Process process, out (int Code, DateTime Time)? known) => WaitStateFields.TryRead(process, out known);

    public static bool IsChild(int processId) => RuntimeChildren.IsInTable(processId);
#endif
}
