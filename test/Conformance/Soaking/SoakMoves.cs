using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Operations after which an object, a registry or a PID means something else, and operations on several objects or threads.</summary>
internal static class SoakMoves
{
    private const int RecyclingTries = 10;

    /// <summary>
    /// Calls that several threads make at the same time. The model belongs to one thread, so each call checks only what holds in any order.
    /// </summary>
    private static readonly Action<Racer>[] s_racers =
    [
        r => r.Registry.Attach(r.Process),
        r => r.RequireRunning(r.Registry.WaitForExit(r.Process, 0)),
        r => _ = r.MayDetach ? r.Registry.Detach(r.Process) : r.Registry.HasExited(r.Process),
        r => _ = r.MayDetach ? r.Registry.Detach(r.Process) : r.Registry.HasExited(r.Process),
        r => r.RequireRunning(r.Registry.WaitForExit(r.Process, 1)),
        r => r.RequireRunning(!r.Registry.Signal(r.Process, System.Runtime.InteropServices.PosixSignal.SIGCONT)),
        r =>
        {
            bool found = r.Registry.TryGetPidFd(r.Process, out SafePidFdHandle? pidFd);
            pidFd?.Dispose();
            r.RequireRunning(!found);
        },
        r =>
        {
            using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(1));
            Task wait = r.Registry.WaitForExitStatusAsync(r.Process, source.Token);
            Check.That(Task.WaitAny([wait], Check.Limit) == 0, $"{r.Run}: the wait is not over");
            r.RequireRunning(!wait.IsCanceled);
            Rethrow(wait);
        },
        r => r.Registry.TryGetAttachment(r.Process, out _),
    ];

    public static void BeginAny(SoakScene s)
    {
        SoakProcess[] subjects = [.. s.Actor.Subjects.Where(each => each == s.Subject || (each.Run.IsRunning && s.Random.Next(2) == 0))];
        CancellationTokenSource source = new();
        Task<System.Diagnostics.Process> task = s.Registry.WhenAnyExitAsync(subjects.Select(each => each.Process), source.Token);
        SoakWait wait = new("any", task, [.. subjects.Select(each => each.Run)], s.Registry, source) { WasKnown = true };
        s.Log.Note(subjects.Length, "of");
        foreach (SoakProcess each in subjects)
        {
            each.Run.KnownTo.Add(s.Registry);
            each.Pending.Add(wait);
        }
    }

    /// <summary>Several operations on one object at the same time. Each may come before or after each of the others.</summary>
    public static void Together(SoakScene s)
    {
        int[] kinds = [.. Enumerable.Range(0, 3).Select(_ => s.Random.Next(s_racers.Length))];
        int ender = s.Random.Next(6);

        // Of a non-child that may have exited, the pidfd must not be given away.
        bool closes = ender == 0 && s.Subject.IsChild;
        bool kills = ender is 1 or 2;
        using System.Diagnostics.Process guard = s.Registry.Open(s.Run.ProcessId);
        List<Action> actions = [.. kinds.Select(kind =>
        {
            ProcessHandleRegistry registry = kind % 2 == 0 || !s.Subject.IsChild ? s.Registry : s.OtherRegistry;
            return (Action)(() => s_racers[kind](new Racer(s, registry, kills || closes)));
        })];
        if (closes)
        {
            actions.Add(s.Process.Dispose);
        }
        else if (kills)
        {
            actions.Add(() => s.Registry.Kill(s.Process, entireProcessTree: ender == 1));
        }

        s.Log.Note($"{string.Join('+', kinds)}{(closes ? "+close" : kills ? "+kill" : "")}");
        if (kills || closes)
        {
            s.Run.EndBySignal(Native.SigKill);
        }

        RunTogether(actions, mayBeClosed: closes);
        if (closes)
        {
            s.Registry.Kill(guard);
            s.Actor.CloseObject(s.Subject);
        }
        else if (kills)
        {
            SoakOperations.ObserveExit(s);
        }
        else
        {
            // It may have been detached last.
            s.Run.Saw(s.Registry.HasExited(s.Process));
        }

        s.Registry.Detach(guard);
    }

    /// <summary>
    /// The old pidfd is of the same PID. The other registry may have it still, and nothing has told it of the exit. A process that exits by itself
    /// would be gone too soon.
    /// </summary>
    public static void RestartWithItsPid(SoakScene s)
    {
        if (s.Subject.Kind.ExitsByItself)
        {
            return;
        }

        SoakRun old = s.Run;
        s.Registry.Attach(s.Process);
        s.Subject.KillByStock(waits: true);
        s.Subject.CompleteWaits();
        System.Diagnostics.Process Start()
        {
            s.Subject.Restart();
            return s.Process;
        }

        bool isRecycled = PidRecycler.TryStart(old.ProcessId, Start, _ => s.Subject.KillByStock(waits: true), RecyclingTries) is not null;
        s.Actor.Recycled += s.Log.Note(isRecycled, "recycled") ? 1 : 0;
        if (!isRecycled)
        {
            s.Subject.Restart();
        }

        LookAtNewRun(s, old);
    }

    public static void RestartAfterExit(SoakScene s)
    {
        SoakRun old = s.Run;
        s.Kill();
        SoakOperations.ObserveExit(s);
        if (s.Subject.Kind.ExitsByItself)
        {
            // By the time that it has a new PID, or the same, the next run may be over.
            LookByBoth(s, old);
        }

        s.Subject.Restart();
        LookAtNewRun(s, old);
    }

    /// <summary>The waits are for the run that they began in.</summary>
    public static void RestartWhileItRuns(SoakScene s)
    {
        SoakRun old = s.Run;
        SoakWait[] pending = [.. s.Subject.Pending];
        s.Subject.Restart();
        Check.That(Native.Kill(old.ProcessId, Native.SigKill), $"{old}: kill by PID");
        old.EndBySignal(Native.SigKill);
        Array.ForEach(pending, wait => wait.Complete());
        LookAtNewRun(s, old);
    }

    public static void DisposeRegistry(SoakScene s)
    {
        ProcessHandleRegistry old = s.Actor.Own;
        foreach (SoakProcess subject in s.Actor.Subjects)
        {
            subject.Pending.ForEach(wait => wait.NoteDisposal(old));
            subject.Run.KnownTo.Remove(old);
        }

        old.Dispose();
        Check.Equal(0, old.Count);
        s.Actor.Own = new ProcessHandleRegistry();
        foreach (SoakProcess subject in s.Actor.Subjects.ToArray())
        {
            Check.Throws<ObjectDisposedException>(() => old.Attach(subject.Process));
            if (!subject.IsChild && !subject.Run.IsRunning && subject.Run.KnownTo.Count == 0)
            {
                // No registry knows any more which process is meant.
                s.Actor.CloseObject(subject);
            }
        }
    }

    /// <summary>The PID of a non-child that has been reaped goes to another, which lives, and is a subject like all others from now on.</summary>
    public static void Recycle(SoakScene drawn)
    {
        SoakScene s = drawn.Subject.Kind == SoakKind.NonChild
            ? drawn
            : new SoakScene(drawn.Actor, drawn.Actor.Start(SoakKind.NonChild, drawn.Random), drawn.Random);
        if (!s.DrawRegistry(attaches: false))
        {
            return;
        }

        s.Kill();
        s.Subject.WaitUntilReaped();
        SoakProcess? stranger = null;
        System.Diagnostics.Process Start() => (stranger = s.Actor.Create(SoakKind.Sleeper)).Process;
        bool isRecycled = PidRecycler.TryStart(s.Run.ProcessId, Start, _ => stranger!.End(), RecyclingTries) is not null;
        s.Actor.Recycled += s.Log.Note(isRecycled, "recycled") ? 1 : 0;
        if (!isRecycled)
        {
            Start();
        }

        s.Actor.Subjects.Add(stranger!);
        s.Run.Sent(s.Registry.Signal(s.Process, Mono.Unix.Native.Signum.SIGTERM));
        s.Registry.Kill(s.Process);
        s.Registry.Kill(s.Process, entireProcessTree: true);
        SoakOperations.ObserveExit(s);
        stranger!.Run.Saw(s.Registry.HasExited(stranger.Process));
        Check.That(!stranger.Process.WaitForExit(1), $"{stranger.Run}: the owner of a recycled PID was killed");
    }

    // Two runs with one PID cannot be told apart if both have exited before a registry looks.
    private static void LookAtNewRun(SoakScene s, SoakRun old)
    {
        s.Log.Note(s.Run.ProcessId, "process");
        if (s.Run.ProcessId == old.ProcessId)
        {
            LookByBoth(s, s.Run);
        }

        s.Run.Saw(s.Log.Note(s.Registry.HasExited(s.Process)));
    }

    private static void LookByBoth(SoakScene s, SoakRun run)
    {
        run.Saw(s.Registry.HasExited(s.Process));
        run.Saw(s.OtherRegistry.HasExited(s.Process));
    }

    private static void Rethrow(Task task)
    {
        if (task.IsFaulted)
        {
            task.GetAwaiter().GetResult();
        }
    }

    private static void RunTogether(List<Action> actions, bool mayBeClosed)
    {
        using Barrier barrier = new(actions.Count);
        Task[] tasks = [.. actions.Select(action => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                try
                {
                    action();
                }
                catch (InvalidOperationException e) when (mayBeClosed && e is not ObjectDisposedException)
                {
                    // As stock, because the object has no process any more.
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        Check.Eventually(() => Array.TrueForAll(tasks, task => task.IsCompleted));
        Array.ForEach(tasks, Rethrow);
    }

    private sealed record Racer(SoakScene Scene, ProcessHandleRegistry Registry, bool Ends)
    {
        public System.Diagnostics.Process Process => Scene.Process;

        public SoakRun Run => Scene.Run;

        public bool MayDetach => Scene.Subject.IsChild || !Ends;

        public void RequireRunning(bool exited) => Check.That(Ends || !exited, $"{Run} runs, but was reported as exited to one of several");
    }
}
