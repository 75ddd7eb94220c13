using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;
using static PidFdProcess.Conformance.Soaking.Requires;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>Operations of hosts that get in the way. Each has processes of its own, beside those of the drawn subject.</summary>
internal static class SoakHostileMoves
{
    public static SoakOperation[] All { get; } =
    [
        new(4, "restart-in-handler", Nothing, RestartInHandler),
        new(3, "restart-by-thread", Nothing, RestartByThread),
        new(2, "blocking-handler", Nothing, BlockInHandler),
        new(1, "traced-child", Nothing, KillTraced),
    ];

    /// <summary>
    /// Calls that are under way while the process exits. Each may find the process exited or restarted, or the object without a process.
    /// </summary>
    private static readonly (string Name, Action<ProcessHandleRegistry, Process> Call)[] s_calls =
    [
        ("async", (registry, process) => Check.That(registry.WaitForExitAsync(process).Wait(Check.Limit), "the wait does not end")),
        ("blocking", (registry, process) => registry.WaitForExit(process, -1)),
        ("timed", (registry, process) => registry.WaitForExit(process, 1)),
        ("status", (registry, process) => registry.WaitForExitStatus(process)),
        ("has-exited", (registry, process) => registry.HasExited(process)),
        ("signal-0", (registry, process) => registry.Signal(process, (Mono.Unix.Native.Signum)0)),
        ("attach", (registry, process) => registry.Attach(process)),
    ];

    // The handler of Exited restarts the object while calls are under way. One exit is one event, and the second run is not touched.
    private static void RestartInHandler(SoakScene s)
    {
        int raised = 0;
        using Process process = new() { StartInfo = Shell.Info("exec sleep 1000"), EnableRaisingEvents = true };
        using ManualResetEventSlim isRestarted = new();
        process.Exited += (_, _) =>
        {
            if (Interlocked.Increment(ref raised) == 1)
            {
                process.Start();
                isRestarted.Set();
            }
        };
        process.Start();
        int first = process.Id;
        s.Actor.Own.Attach(process);
        Task[] calls = Begin(s, process);
        Native.KillByPid(first);
        Check.That(isRestarted.Wait(Check.Limit), "Exited was not raised");
        int second = process.Id;
        Check.That(!s.Actor.Own.HasExited(process), $"the run that the handler started, process {second}, was reported as exited");
        Check.Equal(1, Volatile.Read(ref raised));
        Native.KillByPid(second);
        Check.That(s.Actor.Own.WaitForExit(process, (int)Check.Limit.TotalMilliseconds), "the second run does not end");
        End(calls);
        Check.Eventually(() => Volatile.Read(ref raised) >= 2);

        // Lets a handler under way end, and none begin.
        process.Close();
        Check.Equal(2, raised);
    }

    // Another thread kills and restarts the object all the time. The calls mean one of its runs, and the last run is found alive.
    private static void RestartByThread(SoakScene s)
    {
        const int Restarts = 5;
        int raised = 0;
        using Process process = new() { StartInfo = Shell.Info("exec sleep 1000"), EnableRaisingEvents = true };
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        process.Start();
        Task restarts = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < Restarts; i++)
                {
                    process.Kill();
                    process.WaitForExit();
                    process.Start();
                }
            },
            TaskCreationOptions.LongRunning);
        Task[] calls = [];
        while (!restarts.IsCompleted)
        {
            calls = [.. calls, .. Begin(s, process)];
        }

        restarts.GetAwaiter().GetResult();
        Check.Equal(process.Id, s.Actor.Own.Attach(process).ProcessId);
        Check.That(!s.Actor.Own.HasExited(process), "the last run was reported as exited");
        s.Actor.Own.Kill(process);
        s.Actor.Own.WaitForExit(process, -1);
        Check.Equal(137, process.ExitCode);
        End(calls);
        process.Close();
        Check.That(raised <= Restarts + 1, $"Exited was raised {raised} times in {Restarts + 1} runs");
    }

    // A handler blocks. Neither calls that raise nothing nor waits for another process wait for it.
    private static void BlockInHandler(SoakScene s)
    {
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim release = new();
        using Process blocking = Shell.StartSleeper();
        blocking.Exited += (_, _) =>
        {
            entered.Set();
            release.Wait(Check.Limit);
        };
        blocking.EnableRaisingEvents = true;
        Task<PidFdExitStatus> wait = s.Actor.Own.WaitForExitStatusAsync(blocking);
        s.Actor.Own.Kill(blocking);
        try
        {
            Check.That(entered.Wait(Check.Limit), "Exited was not raised");
            using Process other = Shell.StartSleeper();
            Task exit = s.Actor.Own.WaitForExitAsync(other);
            s.Actor.Own.Kill(other);
            Check.That(exit.Wait(Check.Limit / 4), "a handler that blocks holds up the wait for another process");
            Check.Equal<int?>(137, s.Result(wait).ExitCode);
            s.Actor.Own.Kill(blocking);
            Check.That(!s.Actor.Own.Signal(blocking, Mono.Unix.Native.Signum.SIGTERM), "a signal to an exited process");
        }
        finally
        {
            release.Set();
        }
    }

    // From the exit until the tracer has gone, the pidfd is ready, but the parent cannot reap.
    private static void KillTraced(SoakScene s)
    {
        using Process child = Process.Start(Shell.Info("echo 1; echo 2; exec sleep 1000", redirectOutput: true))!;
        int lines = 0;
        child.OutputDataReceived += (_, e) => lines += e.Data is null ? 0 : 1;
        child.BeginOutputReadLine();
        using Process tracer = Process.Start(SoakHost.Info("--trace", child.Id.ToString(CultureInfo.InvariantCulture)))!;
        string? answer = tracer.StandardOutput.ReadLine();
        s.Log.Note(answer);
        Task wait = s.Actor.Own.WaitForExitAsync(child);
        s.Actor.Own.Kill(child);
        long start = Stopwatch.GetTimestamp();

        // A status without a time limit waits for the output as well, and so for the reap.
        Check.That(s.Actor.Own.TryWaitForExitStatus(child, Check.Limit, out PidFdExitStatus? status) && status.ExitCode == 137, $"{status}");
        Check.That(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), "the status of a traced child waits for the tracer");
        Check.That(answer != SoakHost.Traced || !wait.IsCompleted, "the wait for a traced child ended before it could be reaped");
        tracer.StandardInput.Close();
        tracer.WaitForExit();
        tracer.StandardOutput.Dispose();
        s.Ends(wait);
        Check.Equal(137, child.ExitCode);
        Check.Equal(2, lines);
    }

    private static Task[] Begin(SoakScene s, Process process) => [.. Enumerable.Range(0, 2).Select(_ =>
    {
        (string name, Action<ProcessHandleRegistry, Process> call) = s_calls[s.Random.Next(s_calls.Length)];
        s.Log.Note(name);
        ProcessHandleRegistry registry = s.Random.Next(2) == 0 ? s.Actor.Own : s.Actor.Shared;
        return Task.Factory.StartNew(() => call(registry, process), TaskCreationOptions.LongRunning);
    })];

    private static void End(Task[] calls)
    {
        Check.Eventually(() => Array.TrueForAll(calls, call => call.IsCompleted));
        foreach (Task call in calls)
        {
            // Between two runs, the object has no process.
            Exception? e = call.Exception?.InnerException is AggregateException inner ? inner.InnerException : call.Exception?.InnerException;
            Check.That(e is null || (e is InvalidOperationException and not ObjectDisposedException), $"{e}");
        }
    }
}
