using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

// Operations after which an object, a registry or a PID means something else.
internal sealed partial class SoakActor
{
    // Together with waits that are under way, which end with the process all the same.
    private void Close(SoakProcess subject)
    {
        bool isDisposedFirst = _random.Next(2) == 0;
        if (!subject.IsChild || !subject.Run.IsRunning || !isDisposedFirst)
        {
            Log.Note("last");
            Retire(subject);
            return;
        }

        // Nobody else ends it, so the PID is its own.
        Log.Note("first");
        subject.Process.Dispose();
        Check.That(Native.Kill(subject.Run.ProcessId, Native.SigKill), $"{subject.Run}: kill by PID");
        subject.Run.EndBySignal(Native.SigKill);
        CloseObject(subject);
    }

    private void Restart(SoakProcess subject)
    {
        bool isSettled = _random.Next(2) == 0;
        bool keepsId = _random.Next(4) == 0;
        SoakRun old = subject.Run;
        if (!subject.Kind.CanRestart || Draw(subject) is not { } registry)
        {
            return;
        }

        if (keepsId && !subject.Kind.ExitsByItself)
        {
            Log.Note("with its PID");
            RestartAs(subject, registry);
        }
        else if (isSettled || !old.IsRunning)
        {
            Log.Note("after the exit");
            registry.Kill(subject.Process);
            old.EndBySignal(Native.SigKill);
            Settle(subject, registry);
            if (subject.Kind.ExitsByItself)
            {
                // By the time that it has a new PID, or the same, the next run may be over.
                old.Saw(_shared.HasExited(subject.Process));
                old.Saw(_own.HasExited(subject.Process));
            }

            subject.Restart();
        }
        else
        {
            // The waits are for the run that they began in.
            Log.Note("while it runs");
            SoakWait[] pending = [.. subject.Pending];
            subject.Restart();
            Check.That(Native.Kill(old.ProcessId, Native.SigKill), $"{old}: kill by PID");
            old.EndBySignal(Native.SigKill);
            Array.ForEach(pending, wait => wait.Complete());
        }

        Log.Note(subject.Run.ProcessId, "process");
        if (subject.Run.ProcessId == old.ProcessId)
        {
            // Nobody can tell the two runs apart if both have exited before anybody looks.
            subject.Run.Saw(_shared.HasExited(subject.Process));
            subject.Run.Saw(_own.HasExited(subject.Process));
        }

        subject.Run.Saw(Log.Note(registry.HasExited(subject.Process)));
    }

    // The old pidfd is of the same PID. The other registry may have it still, and nobody has told it of the exit.
    private void RestartAs(SoakProcess subject, ProcessHandleRegistry registry)
    {
        SoakRun old = subject.Run;
        registry.Attach(subject.Process);
        KillByStock(subject);
        Complete(subject);
        bool isAgain = false;
        bool isRecycled = SoakRecycling.TryStart(old.ProcessId, () =>
        {
            if (isAgain)
            {
                KillByStock(subject);
            }

            isAgain = true;
            subject.Restart();
            return subject.Process;
        });
        Recycled += Log.Note(isRecycled, "recycled") ? 1 : 0;
    }

    private static void KillByStock(SoakProcess subject)
    {
        if (subject.Run.IsRunning)
        {
            subject.Process.Kill();
            subject.Run.EndBySignal(Native.SigKill);
        }

        subject.Process.WaitForExit();
        subject.Run.Exited();
        subject.RequireSettled();
    }

    private void Reap(SoakProcess subject)
    {
        if (Log.Note(subject.Kind.IsReapedLate))
        {
            subject.EndParent();
        }
    }

    private void DisposeRegistry()
    {
        ProcessHandleRegistry old = _own;
        foreach (SoakProcess subject in _subjects.ToArray())
        {
            subject.Pending.ForEach(wait => wait.NoteDisposal(old));
            subject.Run.KnownTo.Remove(old);
        }

        old.Dispose();
        Check.Equal(0, old.Count);
        _own = new ProcessHandleRegistry();
        foreach (SoakProcess subject in _subjects.ToArray())
        {
            Check.Throws<ObjectDisposedException>(() => old.Attach(subject.Process));
            if (!subject.IsChild && !subject.Run.IsRunning && subject.Run.KnownTo.Count == 0)
            {
                // Nobody knows any more who is meant.
                CloseObject(subject);
            }
        }
    }

    // The PID of a foreign process that has been reaped goes to another, who stays, and is a subject like all others from now on.
    private void Recycle(SoakProcess drawn)
    {
        SoakProcess subject = drawn.Kind == SoakKind.Foreign ? drawn : Start(SoakKind.Foreign);
        SoakRun run = subject.Run;
        if (Draw(subject) is not { } registry)
        {
            return;
        }

        registry.Kill(subject.Process);
        run.EndBySignal(Native.SigKill);
        subject.WaitUntilReaped();
        _started++;
        SoakProcess? innocent = null;
        bool isRecycled = SoakRecycling.TryStart(run.ProcessId, () =>
        {
            if (innocent is not null)
            {
                KillByStock(innocent);
                innocent.Dispose();
            }

            string name = string.Create(CultureInfo.InvariantCulture, $"innocent-{_started}");
            innocent = new SoakProcess(name, SoakKind.Sleeper, code: 0, raisesEvents: false);
            return innocent.Process;
        });
        _subjects.Add(innocent!);
        Recycled += Log.Note(isRecycled, "recycled") ? 1 : 0;

        run.Sent(registry.Signal(subject.Process, Mono.Unix.Native.Signum.SIGTERM));
        registry.Kill(subject.Process);
        registry.Kill(subject.Process, entireProcessTree: true);
        Settle(subject, registry);
        innocent!.Run.Saw(registry.HasExited(innocent.Process));
        Check.That(!innocent.Process.WaitForExit(1), $"{innocent.Run}: the owner of a recycled PID was killed");
    }
}
