using System.Diagnostics;
using System.Runtime.InteropServices;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Blocks every thread of the pool, with more work queued, and prints which waits end nevertheless.</summary>
internal static class StarvedPool
{
    private const int Blocked = 60;
    private const int SigUsr2 = 12;
    private const int SigTerm = 15;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    // The pool starts at most one thread each half second. A wait that needs the pool takes three times as long as this.
    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(10);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        ThreadPool.SetMinThreads(2, 2);
        Process[] children =
        [
            .. Enumerable.Range(0, 6).Select(static _ => Shell.StartSleeper()),
            .. Enumerable.Range(0, 3).Select(static _ => Shell.Start("trap '' USR2; exec sleep 1000")),
        ];
        Process stubborn = Shell.Start("trap '' TERM; exec sleep 1000");
        Condition.WaitFor(
            () => children[6..].All(static child => ProcessTable.Ignores(child.Id, SigUsr2)) && ProcessTable.Ignores(stubborn.Id, SigTerm),
            "the signals are ignored",
            s_limit);
        using ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_limit, Signal = (PosixSignal)SigUsr2 });
        scope.Add(children[8]);
        Dictionary<string, (Task Wait, Task<long> Code)> waits = new()
        {
            ["stock"] = Follow(children[0].WaitForExitAsync()),
            ["WaitForExitAsync"] = Follow(children[1].WaitForExitPidFdAsync()),
            ["WaitForExitStatusAsync"] = Follow(children[2].WaitForExitStatusPidFdAsync()),
            ["WaitForExitOrKillAsync"] = Follow(children[3].WaitForExitOrKillPidFdAsync(s_limit)),
            ["WhenAnyExit"] = Follow(new[] { children[4], stubborn }.WhenAnyExitPidFdAsync()),
            ["WaitForExitOrKillAsync of a tree"] = Follow(children[5].WaitForExitOrKillPidFdAsync(s_limit, entireProcessTree: true)),
            ["StopAsync"] = Follow(children[6].StopViaPidFdAsync(Timeout.InfiniteTimeSpan, Signum.SIGUSR2)),
            ["StopAsync of a tree"] = Follow(children[7].StopViaPidFdAsync(
                Timeout.InfiniteTimeSpan, Signum.SIGUSR2, entireProcessTree: true, CancellationToken.None)),
            ["StopAsync of a scope"] = Follow(scope.StopAsync()),
            ["StopAsync of a stubborn child"] = Follow(stubborn.StopViaPidFdAsync(TimeSpan.FromMilliseconds(300))),
        };

        // Not disposed, because items that have not begun use it at the end.
        ManualResetEventSlim go = new();
        for (int i = 0; i < Blocked; i++)
        {
            ThreadPool.QueueUserWorkItem(_ => go.Wait());
        }

        Condition.WaitFor(() => ThreadPool.PendingWorkItemCount is > 0 and < Blocked - 1, "the pool is blocked", s_limit);
        long start = Stopwatch.GetTimestamp();
        Array.ForEach(children, static child => Native.KillByPid(child.Id));
        Answers.Ask("stock", () => waits["stock"].Code.Wait(s_limit), s_limit);
        TimeSpan stock = Stopwatch.GetElapsedTime(start, waits["stock"].Code.Result);
        foreach ((string name, (Task wait, Task<long> code)) in waits.Where(static each => each.Key != "stock"))
        {
            Answers.Ask(name, () => wait.Wait(s_limit) && code.Wait(s_limit), s_limit);
            Answers.Print($"{name} is later than stock", Stopwatch.GetElapsedTime(start, code.Result) > stock + s_tolerance);
        }

        Answers.Print("the pool is still blocked", ThreadPool.PendingWorkItemCount > 0);
        go.Set();
        Native.KillByPid(stubborn.Id);
    }

    /// <summary>A wait, and the time at which code that awaits it goes on.</summary>
    private static (Task Wait, Task<long> Code) Follow(Task wait)
    {
        return (wait, FollowAsync());
        async Task<long> FollowAsync()
        {
            await wait.ConfigureAwait(false);
            return Stopwatch.GetTimestamp();
        }
    }
}
