using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

// Several operations on one object at the same time. Each may come before or after each of the others.
internal sealed partial class SoakActor
{
    private const int Racers = 9;

    private void Together(SoakProcess subject)
    {
        int[] kinds = [.. Enumerable.Range(0, 3).Select(_ => _random.Next(Racers))];
        int ender = _random.Next(6);
        SoakRun run = subject.Run;
        if (!run.IsRunning || Draw(subject, attaches: true) is not { } registry)
        {
            return;
        }

        // Of a foreign process that may have exited, the pidfd must not be given away.
        bool closes = ender == 0 && subject.IsChild;
        bool kills = ender is 1 or 2;
        ProcessHandleRegistry other = ReferenceEquals(registry, _shared) ? _own : _shared;
        using Process guard = registry.Open(run.ProcessId);
        List<Action> actions = [.. kinds.Select(kind => Racer(kind, subject, kind % 2 == 0 || !subject.IsChild ? registry : other, kills || closes))];
        if (closes)
        {
            actions.Add(subject.Process.Dispose);
        }
        else if (kills)
        {
            bool isTree = ender == 1;
            actions.Add(() => registry.Kill(subject.Process, isTree));
        }

        Log.Note($"{string.Join('+', kinds)}{(closes ? "+close" : kills ? "+kill" : "")}");
        if (kills || closes)
        {
            run.EndBySignal(Native.SigKill);
        }

        RunTogether(actions, mayBeClosed: closes);
        if (closes)
        {
            registry.Kill(guard);
            CloseObject(subject);
        }
        else if (!run.IsRunning)
        {
            Settle(subject, registry);
        }
        else
        {
            // It may have been detached last.
            run.Saw(registry.HasExited(subject.Process));
        }

        registry.Detach(guard);
    }

    private static Action Racer(int kind, SoakProcess subject, ProcessHandleRegistry registry, bool ends)
    {
        Process process = subject.Process;
        SoakRun run = subject.Run;
        bool mayDetach = subject.IsChild || !ends;

        // The model is one thread's: only what is wrong whatever the others do is looked at here.
        void RequireRunning(bool exited) => Check.That(ends || !exited, $"{run} runs, but was reported as exited to one of several");
        return kind switch
        {
            0 => () => registry.Attach(process),
            1 => () => RequireRunning(registry.WaitForExit(process, 0)),
            2 or 3 when mayDetach => () => registry.Detach(process),
            4 => () => RequireRunning(registry.WaitForExit(process, 1)),
            5 => () => Check.That(registry.Signal(process, PosixSignal.SIGCONT) || ends, $"{run} runs, but did not take a signal"),
            6 => () =>
            {
                bool found = registry.TryGetPidFd(process, out SafePidFdHandle? pidFd);
                pidFd?.Dispose();
                Check.That(found || ends, $"{run}: no pidfd");
            },
            7 => () =>
            {
                using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(1));
                Task wait = registry.WaitForExitStatusAsync(process, source.Token);
                Check.That(Task.WaitAny([wait], Check.Limit) == 0, $"{run}: the wait is not over");
                RequireRunning(!wait.IsCanceled);
                Rethrow(wait);
            },
            8 => () => registry.TryGetAttachment(process, out _),
            _ => () => RequireRunning(registry.HasExited(process)),
        };
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
                    // As stock: the object has no process any more.
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        Task[] ends = [.. tasks.Select(task => task.ContinueWith(static _ => { }, TaskScheduler.Default))];
        Check.That(Task.WaitAll(ends, Check.Limit), "calls at the same time do not end");
        foreach (Task task in tasks)
        {
            Rethrow(task);
        }
    }
}
