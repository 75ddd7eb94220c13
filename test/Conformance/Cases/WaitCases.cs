using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

internal static class WaitCases
{
    public static Case[] All { get; } =
    [
        new("wait-sync", Needs.Nothing, WaitSync),
        new("wait-timed", Needs.Nothing, WaitTimed),
        new("wait-async", Needs.Nothing, WaitAsync),
        new("wait-leaves-the-exit-code", Needs.Nothing, LeaveExitCodeAsync),
        new("wait-async-cancel", Needs.Nothing, CancelAsync),
        new("wait-reads-streams-to-the-end", Needs.Nothing, ReadStreamsToEndAsync),
        new("wait-raises-exited-once", Needs.Nothing, RaiseExitedAsync),
        new("wait-ends-with-the-registry", Needs.PidFds, DisposeDuringWaitAsync),
        new("wait-for-any", Needs.Nothing, WaitForAnyAsync),
        new("non-child-exit", Needs.Nothing, NonChildExitAsync),
        new("non-child-zombie", Needs.PidFds, NonChildZombieAsync),
    ];

    private static void WaitSync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(5);
        Task<bool> exit = Task.Run(() => registry.WaitForExit(process, -1));
        process.StandardInput.Close();
        Check.That(exit.Wait(Check.Limit) && exit.Result);
        Check.Equal(5, process.ExitCode);
        Check.That(process.HasExited);
    }

    private static void WaitTimed(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(6);
        Check.That(!registry.WaitForExit(process, 0));
        long start = Stopwatch.GetTimestamp();
        Check.That(!registry.WaitForExit(process, 50));
        Check.That(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= 49);
        Check.That(!process.WaitForExitPidFd(TimeSpan.FromMilliseconds(1)));
        process.StandardInput.Close();
        Check.That(registry.WaitForExit(process, 60_000));
        Check.That(registry.WaitForExit(process, 0));

        // After the exit, too, a timeout out of range is refused.
        Check.Throws<ArgumentOutOfRangeException>(() => registry.WaitForExit(process, -2));
        Check.Throws<ArgumentOutOfRangeException>(() => process.WaitForExitPidFd(TimeSpan.FromMilliseconds(-2)));
        Check.Throws<ArgumentOutOfRangeException>(() => process.WaitForExitPidFd(TimeSpan.FromMilliseconds(int.MaxValue + 1L)));
        Check.That(process.WaitForExitPidFd(TimeSpan.FromMilliseconds(-1)));
        Check.That(process.WaitForExitPidFd(TimeSpan.FromMilliseconds(int.MaxValue)));
    }

    private static async Task WaitAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartExitingOnCommand(7);
        Task[] exits = [registry.WaitForExitAsync(process), registry.WaitForExitAsync(process), registry.WaitForExitAsync(process)];
        Check.That(!exits.Any(exit => exit.IsCompleted));
        process.StandardInput.Close();
        await Task.WhenAll(exits).WaitAsync(Check.Limit);
        Check.Equal(7, process.ExitCode);
        Check.That(registry.WaitForExitAsync(process).IsCompletedSuccessfully);
    }

    // The child may exit before it is attached, during the attachment, or during the wait.
    private static async Task LeaveExitCodeAsync(ProcessHandleRegistry registry)
    {
        foreach (Func<ProcessHandleRegistry, Process, Task> wait in WaitMethods.ForExit)
        {
            foreach (int code in (int[])[0, 1, 255])
            {
                using Process process = Shell.StartExiting(code);
                await wait(registry, process);
                Check.That(process.HasExited);
                Check.Equal(code, process.ExitCode);
                Check.That(process.ExitTime <= DateTime.Now);
            }
        }
    }

    private static async Task CancelAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        using CancellationTokenSource source = new();
        Task other = registry.WaitForExitAsync(process);
        Task canceled = registry.WaitForExitAsync(process, source.Token);
        await source.CancelAsync();
        OperationCanceledException e = await Check.ThrowsAsync<OperationCanceledException>(canceled);
        Check.Equal(source.Token, e.CancellationToken);
        await Check.ThrowsAsync<OperationCanceledException>(registry.WaitForExitAsync(process, source.Token));
        Check.That(!process.HasExited && !registry.HasExited(process) && !other.IsCompleted);
        registry.Kill(process);
        await other.WaitAsync(Check.Limit);
        await registry.WaitForExitAsync(process, source.Token).WaitAsync(Check.Limit);
    }

    private static async Task ReadStreamsToEndAsync(ProcessHandleRegistry registry)
    {
        // The asynchronous wait and the blocking one, which begins while the child still writes.
        foreach (bool blocks in (bool[])[false, true])
        {
            const string Script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); [ $i -ne 1000 ] || sleep 0.1; done";
            using Process process = Process.Start(Shell.Info(Script, redirectOutput: true))!;
            int lines = 0;
            process.OutputDataReceived += (_, e) => lines += e.Data is null ? 0 : 1;
            process.BeginOutputReadLine();
            if (blocks)
            {
                Check.That(registry.WaitForExit(process, -1));
            }
            else
            {
                await registry.WaitForExitAsync(process).WaitAsync(Check.Limit);
            }

            Check.Equal(2000, lines);
        }
    }

    private static async Task RaiseExitedAsync(ProcessHandleRegistry registry)
    {
        int raised = 0;
        using Process process = Shell.StartSleeper();
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        process.EnableRaisingEvents = true;
        Task exit = registry.WaitForExitAsync(process);
        registry.Kill(process);
        await exit.WaitAsync(Check.Limit);
        registry.WaitForExit(process, -1);
        Check.Eventually(() => Volatile.Read(ref raised) > 0);
        Check.Equal(1, raised);
    }

    private static async Task DisposeDuringWaitAsync(ProcessHandleRegistry registry)
    {
        using Process process = Shell.StartSleeper();
        int before = Descriptors.Count();
        ProcessHandleRegistry other = new();
        Task[] exits = [other.WaitForExitAsync(process), other.WaitForExitAsync(process)];
        other.Dispose();
        foreach (Task exit in exits)
        {
            await Check.ThrowsAsync<ObjectDisposedException>(exit);
        }

        Action[] calls =
        [
            () => other.Attach(process),
            () => other.Open(process.Id),
            () => other.Kill(process),
            () => other.Signal(process, PosixSignal.SIGTERM),
            () => other.SignalGroup(process, PosixSignal.SIGTERM),
            () => other.HasExited(process),
            () => other.WaitForExit(process, 0),
            () => other.WaitForExitOnly(process),
            () => other.WaitForExitStatus(process),
            () => other.WaitForExitOrKill(process, TimeSpan.Zero),
            () => other.Stop(process, TimeSpan.Zero),
            () => other.TryGetPidFd(process, out _),
        ];
        Array.ForEach(calls, static call => Check.Throws<ObjectDisposedException>(call));
        Check.Eventually(() => Descriptors.Count() <= before);
        Check.That(!process.HasExited);
        registry.Kill(process);
        registry.WaitForExit(process, -1);
    }

    private static async Task WaitForAnyAsync(ProcessHandleRegistry registry)
    {
        Process[] processes = [Shell.StartSleeper(), Shell.StartSleeper(), Shell.StartSleeper()];
        Task<Process> any = registry.WhenAnyExitAsync(processes);
        Check.That(!any.IsCompleted);
        registry.Kill(processes[1]);
        Check.That(ReferenceEquals(processes[1], await any.WaitAsync(Check.Limit)));
        Check.That(ReferenceEquals(processes[1], await registry.WhenAnyExitAsync(processes).WaitAsync(Check.Limit)));
        foreach (Process process in processes)
        {
            registry.Kill(process);
            registry.WaitForExit(process, -1);
            process.Dispose();
        }
    }

    private static async Task NonChildExitAsync(ProcessHandleRegistry registry)
    {
        foreach (Func<ProcessHandleRegistry, Process, Task> wait in WaitMethods.ForExit)
        {
            using NonChildProcess nonChild = NonChildProcess.StartReaped();
            using Process process = registry.Open(nonChild.Id);
            Task exit = wait(registry, process);
            Check.That(!registry.WaitForExit(process, 10) && !exit.IsCompleted);
            nonChild.Signal();
            await exit;
            nonChild.WaitUntilReaped();
            Check.That(registry.HasExited(process));
            Check.That(!registry.Signal(process, Mono.Unix.Native.Signum.SIGTERM));
        }
    }

    private static async Task NonChildZombieAsync(ProcessHandleRegistry registry)
    {
        foreach (Func<ProcessHandleRegistry, Process, Task> wait in WaitMethods.ForExit)
        {
            using NonChildProcess nonChild = NonChildProcess.StartUnreaped();
            using Process process = registry.Open(nonChild.Id);
            Task exit = wait(registry, process);
            Check.That(!registry.HasExited(process) && !exit.IsCompleted);
            registry.Kill(process);
            await exit;
            Check.That(registry.WaitForExit(process, -1));
            Check.That(registry.HasExited(process));

            // To stock it runs until its parent has reaped it, and it takes signals.
            Check.That(Native.Kill(nonChild.Id, 0) && !process.HasExited);
            Check.That(registry.Signal(process, Mono.Unix.Native.Signum.SIGTERM));
            registry.Kill(process);

            using Process opened = registry.Open(nonChild.Id);
            Check.That(registry.TryGetAttachment(opened, out ProcessAttachment? attachment) && attachment.Route == ProcessRoute.PidFd);
            Check.That(registry.HasExited(opened));
        }
    }
}
