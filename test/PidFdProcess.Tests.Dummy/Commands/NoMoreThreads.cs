using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// A program in a cgroup whose limit of processes is used up, as a fork bomb leaves it. No thread can be started. Prints what stops and waits answer.
/// </summary>
internal static class NoMoreThreads
{
    private const string Pids = "/sys/fs/cgroup/pids";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static Task RunAsync()
    {
        string group = $"{Pids}/pidfdprocess{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(group);
            File.WriteAllText($"{group}/cgroup.procs", Text(Environment.ProcessId));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Answers.Print("no cgroup", e.Message);
            return Task.CompletedTask;
        }

        try
        {
            Run(group);
        }
        finally
        {
            File.WriteAllText($"{group}/pids.max", "max");
            File.WriteAllText($"{Pids}/cgroup.procs", Text(Environment.ProcessId));
            Condition.WaitFor(() => File.ReadAllText($"{group}/cgroup.procs").Length == 0, "the cgroup is empty", s_limit);
            Directory.Delete(group);
        }

        return Task.CompletedTask;
    }

    private static void Run(string group)
    {
        // The pool has its threads, and the library its event loop, as in a program that has run for some time.
        PoolThreads.Add(8, s_limit);
        using Process tree = Shell.Start("sleep 1000 & wait");
        using Process killedLate = Shell.Start("sleep 1000 & wait");
        using Process cancelled = Shell.StartSleeper();
        using NonChildProcess zombie = NonChildProcess.StartUnreaped();
        using Process nonChild = Process.GetProcessById(zombie.Id);
        ProcessScope scope = new(new ProcessScopeOptions { GracePeriod = s_limit });
        using Process owned = scope.Start(new ProcessStartInfo(Shell.Path, ["-c", "exec sleep 1000"]));
        Task zombieExit = nonChild.WaitForExitPidFdAsync();
        using CancellationTokenSource source = new();
        Task wait = cancelled.WaitForExitPidFdAsync(source.Token);

        File.WriteAllText($"{group}/pids.max", File.ReadAllText($"{group}/pids.current"));
        Answers.Print("a thread can be started", CanStartThread());
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
    }

    private static bool CanStartThread()
    {
        try
        {
            new Thread(static () => { }).Start();
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
