using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

// Operations that end a process, and that look how it ended.
internal sealed partial class SoakActor
{
    private const int SigTerm = (int)Signum.SIGTERM;
    private const int SigUsr1 = (int)Signum.SIGUSR1;
    private const int RealTimeSignal = 40;

    private void End(SoakProcess subject)
    {
        int kind = _random.Next(12);
        int milliseconds = _random.Next(3);
        if (Draw(subject, attaches: kind >= 9) is not { } registry)
        {
            return;
        }

        SoakRun run = subject.Run;
        Process process = subject.Process;
        switch (kind)
        {
            case 0:
                Log.Note("kill");
                registry.Kill(process);
                run.EndBySignal(Native.SigKill);
                break;
            case 1:
                run.Sent(Log.Note(registry.Signal(process, PosixSignal.SIGTERM), "SIGTERM"));
                EndByTerm(subject);
                break;
            case 2:
                run.Sent(Log.Note(registry.Signal(process, Signum.SIGUSR1), "SIGUSR1"));
                run.EndBySignal(SigUsr1);
                break;
            case 3:
                run.Sent(Log.Note(registry.Signal(process, (PosixSignal)RealTimeSignal), "signal 40"));
                run.EndBySignal(RealTimeSignal);
                break;
            case 4:
            case 5:
                Log.Note("kill tree");
                registry.Kill(process, entireProcessTree: true);
                RequireTreeGone(subject);
                run.EndBySignal(Native.SigKill);
                break;
            case 6:
                Stop(subject, registry, milliseconds, isTree: false);
                break;
            case 7:
                Stop(subject, registry, milliseconds, isTree: true);
                break;
            case 8:
                Log.Note("wait or kill");
                run.EndBySignal(Native.SigKill);
                Require(run, registry, registry.WaitForExitOrKill(process, TimeSpan.FromMilliseconds(milliseconds)));
                break;
            case 9 when subject.Kind.ExitsOnCommand:
            case 10 when subject.Kind.ExitsOnCommand:
                Log.Note("command");
                subject.CloseInput();
                break;
            case 11 when subject.IsChild && run.IsRunning:
                // Of a process that may be exiting, stock could hit the next owner of the PID.
                Log.Note("stock");
                process.Kill();
                run.EndBySignal(Native.SigKill);
                break;
        }
    }

    private static void Require(SoakRun run, ProcessHandleRegistry registry, PidFdExitStatus status) =>
        run.Ended(status, run.KnownTo.Contains(registry));

    private static void EndByTerm(SoakProcess subject)
    {
        if (!subject.Kind.IgnoresTerm)
        {
            subject.Run.EndBySignal(SigTerm);
        }
    }

    private static void RequireTreeGone(SoakProcess subject)
    {
        // Once the root has been told to end, its descendants may have another parent.
        if (subject.Run.IsRunning)
        {
            subject.RequireNoDescendants();
        }
    }

    private void Stop(SoakProcess subject, ProcessHandleRegistry registry, int milliseconds, bool isTree)
    {
        SoakRun run = subject.Run;
        bool isRunning = run.IsRunning;
        TimeSpan grace = subject.Kind.IgnoresTerm ? TimeSpan.FromMilliseconds(milliseconds) : Check.Limit;
        Task<PidFdExitStatus> stop = registry.StopAsync(subject.Process, grace, entireProcessTree: isTree);
        Log.Note(isTree ? "stop tree" : "stop");
        run.EndBySignal(subject.Kind.IgnoresTerm ? Native.SigKill : SigTerm);
        Check.That(Task.WaitAny([stop], Check.Limit * 2) == 0, $"{run}: the stop does not end");
        PidFdExitStatus status = Log.Note(stop.GetAwaiter().GetResult());
        Require(run, registry, status);
        Check.That(!isRunning || status.Canceled == subject.Kind.IgnoresTerm, $"{run}: {status}");
        if (isTree && isRunning)
        {
            subject.RequireNoDescendants();
        }
    }

    private void Observe(SoakProcess subject)
    {
        if (!subject.Run.IsRunning && Draw(subject) is { } registry)
        {
            Settle(subject, registry);
        }
    }

    /// <summary>Waits for an exit that must come, by one of all the ways to wait; then everything else must say the same.</summary>
    private void Settle(SoakProcess subject, ProcessHandleRegistry registry)
    {
        SoakRun run = subject.Run;
        Process process = subject.Process;
        bool drains = true;
        switch (_random.Next(10))
        {
            case 0:
                run.Saw(Log.Note(registry.WaitForExit(process, -1), "wait"));
                break;
            case 1:
                Check.That(Log.Note(Task.WaitAny([registry.WaitForExitAsync(process)], Check.Limit), "async") == 0, $"{run}: the wait does not end");
                break;
            case 2:
                Require(run, registry, Log.Note(registry.WaitForExitStatus(process), "status"));
                break;
            case 3:
                Require(run, registry, Log.Note(Result(registry.WaitForExitStatusAsync(process)), "status async"));
                break;
            case 4:
                drains = false;
                Check.That(ReferenceEquals(Result(registry.WhenAnyExitAsync([process])), process), $"{run}: not the one that exited");
                break;
            default:
                drains = false;
                SettleByExit(subject, registry);
                break;
        }

        Log.Note(run);
        run.Exited();
        Complete(subject);
        if (drains && subject.IsChild)
        {
            subject.RequireAllLines();
        }

        Check.That(registry.HasExited(process), $"{run}: HasExited");
        subject.RequireSettled();
    }

    private void SettleByExit(SoakProcess subject, ProcessHandleRegistry registry)
    {
        Process process = subject.Process;
        SoakRun run = subject.Run;
        switch (_random.Next(5))
        {
            case 0:
                Check.That(Log.Note(registry.WaitForExit(process, (int)Check.Limit.TotalMilliseconds), "timed"), $"{run}: the wait does not end");
                break;
            case 1:
                Check.That(registry.TryWaitForExitStatus(process, Check.Limit, out PidFdExitStatus? status), $"{run}: the wait does not end");
                Require(run, registry, Log.Note(status!, "try status"));
                break;
            case 2:
                Log.Note("polls");
                Check.Eventually(() => registry.HasExited(process));
                break;
            case 3:
                EndByTerm(subject);
                Require(run, registry, Log.Note(Result(registry.StopAsync(process, Check.Limit)), "stop"));
                break;
            case 4:
                Require(run, registry, Log.Note(registry.WaitForExitOrKill(process, Check.Limit), "wait or kill"));
                break;
        }
    }

    private static T Result<T>(Task<T> task)
    {
        Check.That(Task.WaitAny([task], Check.Limit) == 0, "it does not end");
        return task.GetAwaiter().GetResult();
    }
}
