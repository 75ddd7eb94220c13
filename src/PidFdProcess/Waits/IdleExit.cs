using System.Runtime.CompilerServices;
using System.Runtime.ConstrainedExecution;
using PidFdProcess.Handles;
using PidFdProcess.Runtime;

namespace PidFdProcess.Waits;

// Overview
//
// Ends the shared wait of a run that no call uses, when the attachment of the run is collected.
//
// Constraints: The event loop keeps the handle of a run as long as a wait is pending. So the garbage collector finds the attachment, but neither the
// handle nor the pidfd. A finalizer must not block. Finalizers of the program may use the process.
//
// Scheme: An object with a critical finalizer, which runs after those of the program, lives as long as the attachment. It is made when a shared wait
// loses its last user, so that other runs have none.

/// <summary>Releases the pidfd of a run that only an idle shared wait keeps.</summary>
internal sealed class IdleExit : CriticalFinalizerObject
{
    private static readonly ConditionalWeakTable<object, IdleExit> s_all = [];

    private readonly ProcessHandle _handle;

    private IdleExit(ProcessHandle handle) => _handle = handle;

    ~IdleExit()
    {
        // Fails if the process has exited and its pidfd is closed.
        if (_handle.TryAddRef())
        {
            PoolWork.Queue(
                static handle =>
                {
                    handle.CloseWhenUnused();
                    handle.Release();
                },
                _handle);
        }
    }

    /// <summary>Closes the handle once the attachment has been collected and no other wait is pending.</summary>
    public static void EndWith(object attachment, ProcessHandle handle)
    {
        IdleExit idle = new(handle);
        if (!s_all.TryAdd(attachment, idle))
        {
            // The object that was made first serves all shared waits of the run. The finalizer of this one would close the pidfd of a run in use.
#pragma warning disable CA1816 // The object is of this type and is dropped here.
            GC.SuppressFinalize(idle);
#pragma warning restore CA1816
        }
    }
}
