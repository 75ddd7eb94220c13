using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// A program in a cgroup whose limit of processes is used up, as a fork bomb leaves it. No thread can be started. Prints what stops and waits answer.
/// </summary>
internal static class NoMoreThreads
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(200);

    public static Task RunAsync() => PidsGroup.RunIn(Run);

    private static void Run(PidsGroup group)
    {
        // The pool has its threads, and the library its event loop, as in a program that has run for some time.
        PoolThreads.Add(8, s_limit);
        using Process tree = Shell.Start("sleep 1000 & wait");
        using Process stubborn = StartReady("trap '' TERM; echo ready; exec sleep 1000");
        using Process late = StartReady("trap '' TERM; echo ready; exec sleep 1000");
        using Process openPipe = Process.Start(Shell.Info("sleep 1000 & echo ready; exec sleep 1000", redirectOutput: true))!;
        using ManualResetEventSlim isReady = new();
        openPipe.OutputDataReceived += (_, _) => isReady.Set();
        openPipe.BeginOutputReadLine();
        isReady.Wait(s_limit);
        using Process awaited = Shell.Start("sleep 1000 & wait");
        using Process killedLate = Shell.Start("sleep 1000 & wait");
        using Process cancelled = Shell.StartSleeper();
        using NonChildProcess zombie = NonChildProcess.StartUnreaped();
        using Process nonChild = Process.GetProcessById(zombie.Id);
        ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_limit });
        using Process owned = scope.Start(new ProcessStartInfo(Shell.Path, ["-c", "exec sleep 1000"]));
        Task zombieExit = nonChild.WaitForExitPidFdAsync();
        using CancellationTokenSource source = new();
        Task wait = cancelled.WaitForExitPidFdAsync(source.Token);

        ForbidThreads(group);
        Answers.Print("a thread can be started", PidsGroup.CanStartThread());
        Answers.Print("a timer has a thread", HasTimerThread());
        Answers.Print("a stubborn process is stopped", AnswerOf(stubborn.StopViaPidFdAsync(s_short)));
        ForbidThreads(group, stubborn);
        Answers.Print("a stubborn process is killed on timeout", AnswerOf(late.WaitForExitOrKillPidFdAsync(s_short)));
        ForbidThreads(group, late);
        Process holder = openPipe.GetChildrenViaPidFd().Single();
        openPipe.KillViaPidFd();
        ForbidThreads(group, openPipe);
        Answers.Print("a wait for streams ends", AnswerOf(openPipe.WaitForExitAndOutputPidFdAsync(s_short)));
        using CancellationTokenSource treeSource = new();
        Task<bool> treeWait = WaitForTreeAsync(awaited, treeSource.Token);
        treeSource.Cancel();
        Answers.Print("a wait for a tree is cancelled", AnswerOf(treeWait));
        zombie.KillAndWaitUntilZombie();
        Answers.Print("the wait for a zombie ends", zombieExit.Wait(s_limit));
        source.Cancel();
        Answers.Print("a wait is cancelled", wait.ContinueWith(static each => each.IsCanceled, TaskScheduler.Default).Wait(s_limit));
        Answers.Print("a tree is stopped", tree.StopViaPidFdAsync(s_limit, entireProcessTree: true).Wait(s_limit));
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(1));
        Answers.Print("a tree is killed", killedLate.WaitForExitOrKillPidFdAsync(now.Token, entireProcessTree: true).Wait(s_limit));
        scope.Dispose();
        Answers.Print("a scope is stopped", owned.WaitForExit(s_limit));
        cancelled.Kill();
        Array.ForEach([stubborn, late, holder, awaited], static process => process.KillViaPidFd(entireProcessTree: true));
    }

    private static void ForbidThreads(PidsGroup group, Process? ended = null)
    {
        ended?.WaitForExitOnlyPidFd();
        group.ForbidThreads();
    }

    private static Process StartReady(string script)
    {
        Process process = Process.Start(Shell.Info(script, redirectOutput: true))!;
        return process.StandardOutput.ReadLine() == "ready" ? process : throw new InvalidOperationException("the script did not start");
    }

    private static async Task<bool> WaitForTreeAsync(Process process, CancellationToken cancellationToken)
    {
        await process.WaitForTreeExitPidFdAsync(cancellationToken);
        return true;
    }

    private static string? AnswerOf<T>(Task<T> task)
    {
        try
        {
            return task.Wait(s_limit) ? task.Result?.ToString() : "hangs";
        }
        catch (AggregateException e)
        {
            return e.InnerException!.GetType().Name;
        }
    }

    private static bool HasTimerThread() => ProcessTable.CountThreads(Environment.ProcessId, ".NET Timer") > 0;
}
