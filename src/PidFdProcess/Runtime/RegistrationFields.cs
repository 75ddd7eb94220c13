using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace PidFdProcess.Runtime;

/// <summary>
/// The private members of <see cref="Process"/> by which the runtime raises Exited: a handle of its event for the exit, and the registration of that
/// handle with the thread pool.
/// </summary>
internal static class RegistrationFields
{
    /// <summary>Gets whether this runtime has the fields. Without them only <see cref="Ensure"/> and <see cref="End"/> may be called.</summary>
    public static bool CanReplace { get; } = !IsAnyMissing();

    /// <summary>Lets the runtime register a wait for the exit, unless the object has one. The caller has seen that events are on.</summary>
    public static void Ensure(Process process)
    {
        try
        {
            EnsureWatchingForExit(process);
        }
        catch (MissingMethodException)
        {
            // The setter registers if it changes the property.
            process.EnableRaisingEvents = false;
            process.EnableRaisingEvents = true;
        }
    }

    /// <summary>Ends the registration of the object and disposes its handle. Events stay on.</summary>
    public static void End(Process process)
    {
        try
        {
            StopWatchingForExit(process);
        }
        catch (MissingMethodException)
        {
            // The setter ends the wait and turns events off.
            process.EnableRaisingEvents = false;
            ProcessFields.TryMarkEventsAsOn(process);
        }
    }

    /// <summary>Whether the object has a registration.</summary>
    public static bool HasAny(Process process) => WatchingForExit(process);

    /// <summary>
    /// Sets whether the object has a registration. As long as it has none, the setter of <see cref="Process.EnableRaisingEvents"/> ends none. So it
    /// is set before the registration is made. The caller holds the lock of the object.
    /// </summary>
    public static void Mark(Process process, bool hasAny)
    {
        WatchingForExit(process) = hasAny;
        Interlocked.MemoryBarrier();
    }

    /// <summary>The handle that is registered, or <see langword="null"/> if none is.</summary>
    public static WaitHandle? HandleOf(Process process) => WaitHandle(process);

    /// <summary>The runtime's event for the exit of a started run.</summary>
    public static SafeWaitHandle? EventOf(SafeProcessHandle started) => Handle(started);

    /// <summary>Gives the object, which is marked, a registration. The caller holds the lock of the object.</summary>
    /// <returns>The registration that the object had, which the caller ends, or <see langword="null"/> if it had none.</returns>
    public static RegisteredWaitHandle? Replace(Process process, WaitHandle handle, RegisteredWaitHandle registration)
    {
        RegisteredWaitHandle? former = RegisteredWaitHandle(process);
        WaitHandle(process) = handle;
        RegisteredWaitHandle(process) = registration;
        return former;
    }

    private static bool IsAnyMissing()
    {
        using Process process = new();
        using SafeProcessHandle handle = new();
        try
        {
            // Each access throws if the field is missing.
            _ = WatchingForExit(process);
            _ = WaitHandle(process);
            _ = RegisteredWaitHandle(process);
            _ = Handle(handle);
            return false;
        }
        catch (MissingFieldException)
        {
            return true;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_watchingForExit")]
    private static extern ref bool WatchingForExit(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_waitHandle")]
    private static extern ref WaitHandle? WaitHandle(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_registeredWaitHandle")]
    private static extern ref RegisteredWaitHandle? RegisteredWaitHandle(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_handle")]
    private static extern ref SafeWaitHandle? Handle(SafeProcessHandle handle);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "EnsureWatchingForExit")]
    private static extern void EnsureWatchingForExit(Process process);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "StopWatchingForExit")]
    private static extern void StopWatchingForExit(Process process);
}
