using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PidFdProcess.Runtime;

// Overview
//
// Constraints: WaitForExitAsync of stock leaves EnableRaisingEvents on and Exited raised. For a process that has exited the setter of that
// property still registers a wait with the runtime, whose two threads then learn what is known already: a sixth of the time from the exit
// to the code that awaits it, and more when many processes exit.
//
// Scheme: set the flag behind the property, which is all that stays of it after the exit. A runtime without that field gets the property.
// https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.Process/src/System/Diagnostics/Process.cs
internal static class ExitedEvent
{
    private static bool s_hasField = true;

    /// <summary>Leaves the events of an exited process as stock's WaitForExitAsync does. Handlers of Exited run in here.</summary>
    public static void Raise(Process process)
    {
        Enable(process);
        _ = process.HasExited;
    }

    private static void Enable(Process process)
    {
        if (s_hasField)
        {
            try
            {
                WatchForExit(process) = true;
                return;
            }
            catch (MissingFieldException)
            {
                s_hasField = false;
            }
        }

        process.EnableRaisingEvents = true;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_watchForExit")]
    private static extern ref bool WatchForExit(Process process);
}
