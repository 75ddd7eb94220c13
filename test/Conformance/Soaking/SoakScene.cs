using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>An operation on one process of a soak, with all that its call may use.</summary>
internal sealed class SoakScene(SoakActor actor, SoakProcess subject, Random random)
{
    private ProcessHandleRegistry? _registry;

    public SoakActor Actor => actor;

    public SoakProcess Subject => subject;

    public SoakRun Run => subject.Run;

    public Process Process => subject.Process;

    /// <summary>Gets the generator of this operation. That of the thread gives the same operations whatever this one is asked.</summary>
    public Random Random => random;

    public SoakLog Log => actor.Log;

    /// <summary>Gets the registry for the call.</summary>
    public ProcessHandleRegistry Registry => _registry!;

    public ProcessHandleRegistry OtherRegistry => ReferenceEquals(_registry, actor.Shared) ? actor.Own : actor.Shared;

    /// <summary>Gets whether the registry has a pidfd of the process from the time when it ran.</summary>
    public bool IsKnown => Run.KnownTo.Contains(Registry);

    /// <summary>
    /// Draws the registry for the call. A non-child that may have exited is left to a registry that has its pidfd, because its PID may have a new
    /// owner. Returns <see langword="false"/> if there is none.
    /// </summary>
    public bool DrawRegistry(bool attaches)
    {
        (ProcessHandleRegistry first, ProcessHandleRegistry second) = random.Next(2) == 0 ? (actor.Shared, actor.Own) : (actor.Own, actor.Shared);
        if (Run.IsRunning)
        {
            // As a rule the operation itself attaches.
            Run.KnownTo.Add(first);
            if (attaches)
            {
                first.Attach(Process);
            }
        }

        _registry = subject.IsChild || Run.KnownTo.Contains(first) ? first : Run.KnownTo.Contains(second) ? second : null;
        Log.Note(_registry is null ? "by none" : ReferenceEquals(_registry, actor.Shared) ? "shared" : "own");
        return _registry is not null;
    }

    /// <summary>Tells the model how the process ended.</summary>
    public void Ended(PidFdExitStatus status) => Run.Ended(Log.Note(status), IsKnown);

    /// <summary>Waits for the end of a task, which must come.</summary>
    public T Result<T>(Task<T> task)
    {
        Ends(task);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Waits for the end of a task, which must come, and throws what it threw.</summary>
    public void Ends(Task task)
    {
        Check.That(Task.WaitAny([task], Check.Limit * 2) == 0, $"{Run}: it does not end");
        Check.That(!task.IsFaulted, $"{Run}: {task.Exception?.InnerException}");
    }

    public void Kill()
    {
        Registry.Kill(Process);
        Run.EndBySignal(Native.SigKill);
    }
}
