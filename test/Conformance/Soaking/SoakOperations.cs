using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;
using static PidFdProcess.Conformance.Soaking.Requires;
using static PidFdProcess.Conformance.Soaking.SoakOperation;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>The table of operations. <see cref="SoakMoves"/> has the operations that take more than a call and its expectation.</summary>
internal static class SoakOperations
{
    private const int SigTerm = (int)Signum.SIGTERM;
    private const int SigUsr1 = (int)Signum.SIGUSR1;
    private const int RealTimeSignal = 40;

    /// <summary>The waits for an exit that must come, and whether each also waits for the end of the streams.</summary>
    private static readonly (string Name, bool WaitsForStreams, Action<SoakScene> Wait)[] s_waits =
    [
        ("wait", true, s => s.Run.Saw(s.Registry.WaitForExit(s.Process, -1))),
        ("async", true, s => s.Ends(s.Registry.WaitForExitAsync(s.Process))),
        ("status", true, s => s.Ended(s.Registry.WaitForExitStatus(s.Process))),
        ("status-async", true, s => s.Ended(s.Result(s.Registry.WaitForExitStatusAsync(s.Process)))),
        ("any", false, s => Check.That(ReferenceEquals(s.Result(s.Registry.WhenAnyExitAsync([s.Process])), s.Process), $"{s.Run}: not this one")),
        ("timed", false, s => Check.That(s.Registry.WaitForExit(s.Process, (int)Check.Limit.TotalMilliseconds), $"{s.Run}: it does not end")),
        ("try-status", false, s =>
        {
            Check.That(s.Registry.TryWaitForExitStatus(s.Process, Check.Limit, out PidFdExitStatus? status), $"{s.Run}: it does not end");
            s.Ended(status!);
        }),
        ("polls", false, s => Check.Eventually(() => s.Registry.HasExited(s.Process))),
        ("stop", false, s =>
        {
            EndByTerm(s);
            s.Ended(s.Result(s.Registry.StopAsync(s.Process, Check.Limit)));
        }),
        ("wait-or-kill", false, s => s.Ended(s.Registry.WaitForExitOrKill(s.Process, Check.Limit))),
    ];

    public static SoakOperation[] All { get; } =
    [
        Of(9, "attach", Registry, s => s.Registry.Attach(s.Process), (s, attachment) =>
        {
            Check.Equal(s.Run.ProcessId, attachment.ProcessId);
            Check.That(!s.Run.IsRunning || attachment.Route == ProcessRoute.PidFd, $"{s.Run}: {attachment}");
            Check.That(s.Registry.TryGetAttachment(s.Process, out _), $"{s.Run}: no attachment");
        }),
        Of(6, "detach", Registry | Running, Detach, (s, _) => Check.That(!Detach(s), $"{s.Run}: detached twice")),
        Of(3, "detach-child", Registry | Child, Detach, (s, _) => Check.That(!Detach(s), $"{s.Run}: detached twice")),
        Of(6, "has-exited", Registry, s => s.Registry.HasExited(s.Process), Saw),
        Of(6, "poll", Registry, s => s.Registry.WaitForExit(s.Process, 0), Saw),
        Of(4, "wait-a-little", Registry, s => s.Registry.WaitForExit(s.Process, s.Random.Next(4)), Saw),
        new(4, "try-status", Registry, TryStatus),
        Of(4, "async-a-little", Registry, WaitALittle, (s, exited) =>
        {
            // A cancelled wait says nothing of a process that has exited.
            if (exited || s.Run.State != SoakState.Exited)
            {
                s.Run.Saw(exited);
            }
        }),
        Of(6, "get-pidfd", Registry, GetPidFd, (s, found) => Check.That(found || !s.Run.IsRunning, $"{s.Run}: no pidfd")),
        Of(4, "open-second", Attached | Running, s => s.Registry.Open(s.Run.ProcessId), (s, second) => UseSecond(s, second, kills: false)),
        Of(2, "kill-by-second", Attached | Running, s => s.Registry.Open(s.Run.ProcessId), (s, second) => UseSecond(s, second, kills: true)),
        new(9, "stop-and-continue", Registry, s =>
        {
            s.Run.Sent(s.Registry.Signal(s.Process, Signum.SIGSTOP));
            s.Run.Saw(s.Registry.WaitForExit(s.Process, 1));
            s.Run.Sent(s.Registry.Signal(s.Process, PosixSignal.SIGCONT));
        }),

        Begin(5, "begin-wait", true, (s, token) => s.Registry.WaitForExitAsync(s.Process, token)),
        Begin(5, "begin-status", true, (s, token) => s.Registry.WaitForExitStatusAsync(s.Process, token)),
        Begin(5, "begin-wait-or-kill", true, (s, token) => s.Registry.WaitForExitOrKillAsync(s.Process, token), killsOnCancel: true),
        Begin(6, "begin-blocking-wait", false, (s, _) => PollingThread.Start(() => s.Registry.WaitForExit(s.Process, -1))),
        Begin(6, "begin-blocking-status", false, (s, _) => PollingThread.Start(() => s.Registry.WaitForExitStatus(s.Process))),
        new(9, "begin-any", Registry | Running | Room, SoakMoves.BeginAny),
        new(12, "cancel", Nothing, s => s.Subject.Pending.Where(wait => wait.CanCancel).ElementAtOrDefault(s.Random.Next(6))?.Cancel()),
        new(9, "wait-cancelled", Registry, WaitCancelled),

        Of(2, "SIGTERM", Registry, s => s.Registry.Signal(s.Process, PosixSignal.SIGTERM), (s, sent) =>
        {
            s.Run.Sent(sent);
            EndByTerm(s);
        }),
        Of(2, "SIGUSR1", Registry, s => s.Registry.Signal(s.Process, Signum.SIGUSR1), (s, sent) => s.Run.Sent(sent, SigUsr1)),
        Of(2, "signal-40", Registry, s => s.Registry.Signal(s.Process, (PosixSignal)RealTimeSignal), (s, sent) => s.Run.Sent(sent, RealTimeSignal)),
        new(2, "kill", Registry, s => s.Kill()),
        new(4, "kill-tree", Registry, s =>
        {
            s.Registry.Kill(s.Process, entireProcessTree: true);
            RequireTreeGone(s, s.Run.IsRunning);
            s.Run.EndBySignal(Native.SigKill);
        }),
        new(2, "stop", Registry, s => Stop(s, isTree: false)),
        new(2, "stop-tree", Registry, s => Stop(s, isTree: true)),
        new(2, "wait-or-kill", Registry, s =>
        {
            s.Run.EndBySignal(Native.SigKill);
            s.Ended(s.Registry.WaitForExitOrKill(s.Process, TimeSpan.FromMilliseconds(s.Random.Next(3))));
        }),
        new(4, "command", Attached | ExitsOnCommand, s => s.Subject.CloseInput()),

        // Of a process that may be exiting, stock could hit the next owner of the PID.
        new(2, "stock-kill", Attached | Child | Running, s => s.Subject.KillByStock(waits: false)),
        new(24, "observe-exit", Registry | Ending, ObserveExit),

        new(12, "together", Attached | Running, SoakMoves.Together),
        new(2, "restart-with-its-pid", Registry | CanRestart, SoakMoves.RestartWithItsPid),
        new(4, "restart-after-exit", Registry | CanRestart, SoakMoves.RestartAfterExit),
        new(3, "restart-while-it-runs", Registry | CanRestart | Running, SoakMoves.RestartWhileItRuns),
        new(5, "close", Nothing, s => s.Actor.Retire(s)),
        new(4, "close-before-the-exit", Child | Running, s =>
        {
            // No other thread ends it, so the PID is its own.
            s.Process.Dispose();
            Check.That(Native.Kill(s.Run.ProcessId, Native.SigKill), $"{s.Run}: kill by PID");
            s.Run.EndBySignal(Native.SigKill);
            s.Actor.CloseObject(s.Subject);
        }),

        // The scope uses the registry alone, so the subject is attached before.
        new(1, "scope", Attached, SoakScope.Stop),
        new(6, "reap", ReapedLate, s => s.Subject.EndParent()),
        new(3, "dispose-registry", Nothing, SoakMoves.DisposeRegistry),
        new(6, "recycle", Nothing, SoakMoves.Recycle),
    ];

    /// <summary>Waits for an exit that must come, by one of the waits. Then everything else must say the same.</summary>
    public static void ObserveExit(SoakScene s)
    {
        (string name, bool waitsForStreams, Action<SoakScene> wait) = s_waits[s.Random.Next(s_waits.Length)];
        s.Log.Note(name);
        wait(s);
        s.Log.Note(s.Run);
        s.Subject.CompleteWaits();
        if (waitsForStreams && s.Subject.IsChild)
        {
            s.Subject.RequireAllLines();
        }

        Check.That(s.Registry.HasExited(s.Process), $"{s.Run}: HasExited");
        s.Run.Saw(exited: true);
        s.Subject.RequireExitedState();
    }

    private static void Saw(SoakScene s, bool exited) => s.Run.Saw(exited);

    private static bool Detach(SoakScene s)
    {
        s.Run.KnownTo.Remove(s.Registry);
        return s.Registry.Detach(s.Process);
    }

    private static void TryStatus(SoakScene s)
    {
        bool exited = s.Registry.TryWaitForExitStatus(s.Process, TimeSpan.FromMilliseconds(s.Random.Next(4)), out PidFdExitStatus? status);
        s.Run.Note(s.Log.Note(exited));
        Check.Equal(exited, status is not null);
        if (exited)
        {
            s.Ended(status!);
        }
    }

    private static bool WaitALittle(SoakScene s)
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(s.Random.Next(4)));
        Task wait = s.Registry.WaitForExitAsync(s.Process, source.Token);
        s.Ends(wait);
        return !wait.IsCanceled;
    }

    private static bool GetPidFd(SoakScene s)
    {
        bool found = s.Registry.TryGetPidFd(s.Process, out SafePidFdHandle? pidFd);
        using (pidFd)
        {
            Check.That(found == pidFd is { IsInvalid: false }, $"{s.Run}: the pidfd");
            return found;
        }
    }

    // A second object for the same process, with a pidfd of its own.
    private static void UseSecond(SoakScene s, System.Diagnostics.Process second, bool kills)
    {
        using (second)
        {
            Check.That(!s.Registry.HasExited(second), $"{s.Run}: the second object");
            Check.That(s.Registry.Signal(second, PosixSignal.SIGCONT), $"{s.Run}: signal by the second object");
            if (kills)
            {
                s.Registry.Kill(second);
                s.Run.EndBySignal(Native.SigKill);
                s.Run.Ended(s.Registry.WaitForExitStatus(second), wasKnown: !s.Subject.IsChild);
            }

            Check.That(s.Registry.Detach(second), $"{s.Run}: detach of the second object");
        }
    }

    private static SoakOperation Begin(
        int weight, string name, bool canCancel, Func<SoakScene, CancellationToken, Task> begin, bool killsOnCancel = false) =>
        new(weight, name, Registry | Room, s =>
        {
            CancellationTokenSource? source = canCancel ? new CancellationTokenSource() : null;
            bool wasKnown = s.IsKnown;
            Task task = begin(s, source?.Token ?? default);
            s.Subject.Pending.Add(
                new SoakWait(name, task, [s.Run], s.Registry, source) { WasKnown = wasKnown, KillsOnCancel = killsOnCancel });
        });

    // Cancelled before the call or after it, perhaps while other waits for the same process are pending.
    private static void WaitCancelled(SoakScene s)
    {
        bool isBefore = s.Random.Next(2) == 0;
        CancellationTokenSource source = new();
        if (isBefore)
        {
            source.Cancel();
        }

        Task task = s.Registry.WaitForExitAsync(s.Process, source.Token);
        SoakWait wait = new("cancelled wait", task, [s.Run], s.Registry, source) { WasKnown = s.IsKnown };
        if (s.Random.Next(2) == 0)
        {
            Thread.Yield();
        }

        wait.Cancel();
    }

    private static void EndByTerm(SoakScene s)
    {
        if (!s.Subject.Kind.IgnoresTerm)
        {
            s.Run.EndBySignal(SigTerm);
        }
    }

    // Once the root has been told to end, its descendants may have another parent.
    private static void RequireTreeGone(SoakScene s, bool wasRunning)
    {
        if (wasRunning)
        {
            s.Subject.RequireNoDescendants();
        }
    }

    private static void Stop(SoakScene s, bool isTree)
    {
        bool ignores = s.Subject.Kind.IgnoresTerm;
        bool wasRunning = s.Run.IsRunning;
        TimeSpan grace = ignores ? TimeSpan.FromMilliseconds(s.Random.Next(3)) : Check.Limit;
        Task<PidFdExitStatus> stop = s.Registry.StopAsync(s.Process, grace, entireProcessTree: isTree);
        s.Run.EndBySignal(ignores ? Native.SigKill : SigTerm);
        PidFdExitStatus status = s.Result(stop);
        s.Ended(status);
        Check.That(!wasRunning || status.Canceled == ignores, $"{s.Run}: {status}");
        RequireTreeGone(s, wasRunning && isTree);
    }
}
