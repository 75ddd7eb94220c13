using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

// Operations that change nothing about the process.
internal sealed partial class SoakActor
{
    private void Attach(SoakProcess subject)
    {
        if (Draw(subject) is { } registry)
        {
            ProcessAttachment attachment = Log.Note(registry.Attach(subject.Process));
            Check.Equal(subject.Run.ProcessId, attachment.ProcessId);
            Check.That(!subject.Run.IsRunning || attachment.Route == ProcessRoute.PidFd, $"{subject.Run}: {attachment}");
            Check.That(registry.TryGetAttachment(subject.Process, out _), $"{subject.Run}: no attachment");
        }
    }

    private void Detach(SoakProcess subject)
    {
        if (Draw(subject) is { } registry && (subject.IsChild || subject.Run.IsRunning))
        {
            Log.Note(registry.Detach(subject.Process));
            subject.Run.KnownTo.Remove(registry);
            Check.That(!registry.Detach(subject.Process), $"{subject.Run}: detached twice");
        }
    }

    private void Look(SoakProcess subject)
    {
        bool byProperty = _random.Next(2) == 0;
        if (Draw(subject) is { } registry)
        {
            subject.Run.Saw(Log.Note(byProperty ? registry.HasExited(subject.Process) : registry.WaitForExit(subject.Process, 0)));
        }
    }

    private void WaitALittle(SoakProcess subject)
    {
        int kind = _random.Next(3);
        TimeSpan time = TimeSpan.FromMilliseconds(_random.Next(4));
        if (Draw(subject) is not { } registry)
        {
            return;
        }

        SoakRun run = subject.Run;
        switch (kind)
        {
            case 0:
                run.Saw(Log.Note(registry.WaitForExit(subject.Process, (int)time.TotalMilliseconds), "blocking"));
                break;
            case 1:
                bool wasKnown = run.KnownTo.Contains(registry);
                bool exited = registry.TryWaitForExitStatus(subject.Process, time, out PidFdExitStatus? status);
                run.Saw(Log.Note(exited, "status"));
                Check.Equal(exited, status is not null);
                if (exited)
                {
                    run.Ended(status!, wasKnown);
                }

                break;
            case 2:
                using (CancellationTokenSource source = new(time))
                {
                    Task wait = registry.WaitForExitAsync(subject.Process, source.Token);
                    Check.That(Task.WaitAny([wait], Check.Limit) == 0, $"{run}: the wait is not over");
                    Check.That(!wait.IsFaulted, $"{run}: {wait.Exception}");
                    run.Saw(Log.Note(!wait.IsCanceled, "async") || run.State == SoakState.Exited);
                }

                break;
        }
    }

    private void GetPidFd(SoakProcess subject)
    {
        if (Draw(subject) is not { } registry)
        {
            return;
        }

        bool found = Log.Note(registry.TryGetPidFd(subject.Process, out SafePidFdHandle? pidFd));
        using (pidFd)
        {
            Check.That(found || !subject.Run.IsRunning, $"{subject.Run}: no pidfd");
            Check.That(found == pidFd is { IsInvalid: false }, $"{subject.Run}: the pidfd");
        }
    }

    // A second object for the same process, with a pidfd of its own.
    private void OpenSecond(SoakProcess subject)
    {
        ProcessHandleRegistry? registry = Draw(subject, attaches: true);
        bool kills = _random.Next(3) == 0;
        if (!subject.Run.IsRunning || registry is null)
        {
            return;
        }

        using Process second = registry.Open(subject.Run.ProcessId);
        Check.That(!registry.HasExited(second), $"{subject.Run}: the second object");
        Check.That(registry.Signal(second, PosixSignal.SIGCONT), $"{subject.Run}: signal by the second object");
        if (Log.Note(kills, "kill"))
        {
            registry.Kill(second);
            subject.Run.EndBySignal(Native.SigKill);
            subject.Run.Ended(registry.WaitForExitStatus(second), wasKnown: !subject.IsChild);
        }

        Check.That(registry.Detach(second), $"{subject.Run}: detach of the second object");
    }

    private void StopAndContinue(SoakProcess subject)
    {
        if (Draw(subject) is { } registry)
        {
            subject.Run.Sent(Log.Note(registry.Signal(subject.Process, Signum.SIGSTOP)));
            subject.Run.Saw(registry.WaitForExit(subject.Process, 1));
            subject.Run.Sent(registry.Signal(subject.Process, PosixSignal.SIGCONT));
        }
    }
}
