using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using PidFdProcess.Diagnostics;

namespace PidFdProcess.Runtime;

// Overview
//
// Raises Exited after a wait of this library that ended before the exit.
//
// Constraints: Close() ends the registration of the object under the lock of the object. After that it drops the run without the lock. A registration
// that is made in between stays in the object. A start makes no registration if it finds one. The runtime's own callback does not compare the run. So
// the exit of the former run would raise Exited for the next run. A registration also has to end with Close(), or it would keep the closed object
// alive. The setter of EnableRaisingEvents takes no lock before it looks for a registration.
//
// Scheme: Put a registration that knows its run into the fields in which the runtime has its own. Close() and the setter find it there. At the exit,
// raise Exited if the object still has the run and events are still on. If the object has another run, register for that one. The former run may
// live for long, and the runtime no longer looks for the exit of a fetched process whose object was closed. So an attachment of the next run moves
// the registration, too.

/// <summary>A handle of the runtime's event for the exit of one run. The object has it instead of the handle that the runtime makes.</summary>
internal sealed class ExitedRegistration : WaitHandle
{
    private static volatile bool s_isUsed;

    private readonly Process _process;
    private readonly RunIdentity _run;

    private ExitedRegistration(Process process, in RunIdentity run, SafeWaitHandle exited)
    {
        _process = process;
        _run = run;
        SafeWaitHandle = exited;
    }

    // The thread pool would keep a collectible context loaded until the exit. So the runtime registers there, although its callback does not compare
    // the run.
    private static bool CanServe => RegistrationFields.CanReplace && !UnloadingContext.IsCollectible;

    /// <summary>
    /// Registers for the exit of the run, unless the object has a registration. The caller holds the lock of the object, and has seen that events are
    /// on.
    /// </summary>
    public static void Ensure(Process process, in RunIdentity run)
    {
        if (!CanServe)
        {
            RegistrationFields.Ensure(process);
        }
        else if (!RegistrationFields.HasAny(process))
        {
            SafeWaitHandle? exited = run.ExitedEvent;
            if (exited is null)
            {
                // The event of a fetched process is known from a registration of the runtime alone.
                RegistrationFields.Ensure(process);
                exited = RegistrationFields.HandleOf(process)!.SafeWaitHandle;
            }

            Begin(process, run, exited);
        }
    }

    /// <summary>Moves a registration of a former run to the present run. Runs no user code. Does nothing if the lock of the object is held.</summary>
    public static void RenewIfFormer(Process process)
    {
        if (s_isUsed && HasFormer(process) && Monitor.TryEnter(process))
        {
            try
            {
                if (HasFormer(process))
                {
                    EventSetting.MoveToPresentRun(process);
                }
            }
            finally
            {
                Monitor.Exit(process);
            }
        }
    }

    protected override void Dispose(bool explicitDisposing)
    {
        // The runtime owns the event.
        SafeWaitHandle = null;
        base.Dispose(explicitDisposing);
    }

    private static bool HasFormer(Process process) =>
        RegistrationFields.HandleOf(process) is ExitedRegistration registration && !registration.IsOfPresentRun();

    private static void Begin(Process process, in RunIdentity run, SafeWaitHandle exited)
    {
        s_isUsed = true;
        bool hadAny = RegistrationFields.HasAny(process);
        RegistrationFields.Mark(process, true);
        ExitedRegistration handle = new(process, run, exited);
        RegisteredWaitHandle registration;
        try
        {
            registration = ThreadPool.RegisterWaitForSingleObject(
                handle, static (state, _) => ((ExitedRegistration)state!).OnExit(), handle, Timeout.Infinite, executeOnlyOnce: true);
        }
        catch
        {
            RegistrationFields.Mark(process, hadAny);
            throw;
        }

        if (RegistrationFields.Replace(process, handle, registration) is { } former)
        {
            // The call waits until a thread of the pool has removed the registration. Until then its callback finds another handle and raises
            // nothing.
            PoolWork.Queue(static former => former.Unregister(null), former);
        }
    }

    private bool IsOfPresentRun() => _run.IsCurrentIn(_process);

    private void OnExit()
    {
        // The runtime's callback takes the lock and compares the handle, too.
        lock (_process)
        {
            if (!ReferenceEquals(RegistrationFields.HandleOf(_process), this))
            {
                return;
            }

            if (!IsOfPresentRun())
            {
                EventSetting.MoveToPresentRun(_process);
                return;
            }

            RegistrationFields.End(_process);

            // The setter may have turned events off without finding this registration, because it was made at the same time.
            if (_process.EnableRaisingEvents)
            {
                ExitedEvent.RaiseOnce(_process, _run);
            }
        }
    }
}
