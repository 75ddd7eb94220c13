using System.Diagnostics;
using Mono.Unix.Native;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance.Soaking;

/// <summary>
/// A host where the runtime learns of no exit. If other code reaps, the pidfd alone knows that the child has exited. If nothing reaps, a call about
/// the state answers as stock does, and a call about the status answers by the pidfd.
/// </summary>
internal sealed class SigChldHost(bool isReaped)
{
    private const string Killed = "killed by SIGKILL";
    private const string Exited = "True";

    // For a limit or token of 500 ms and the look for the reap, on a busy machine.
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(5);

    // A wait without a limit ends 10 s after the exit at the latest.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_half = TimeSpan.FromMilliseconds(500);
    private static readonly ProcessHandleRegistry s_registry = ProcessHandleRegistry.Default;

    /// <summary>The calls on a dead child, their answer if it is reaped, and their answer if it is not.</summary>
    private static readonly (string Name, Func<Process, object> Call, string IfReaped, string IfNot)[] s_calls =
    [
        ("HasExited", p => s_registry.HasExited(p), Exited, "False"),
        ("WaitForExit(0)", p => s_registry.WaitForExit(p, 0), Exited, "False"),
        ("WaitForExit(500)", p => s_registry.WaitForExit(p, 500), Exited, "False"),
        ("WaitForExit()", p => s_registry.WaitForExit(p, -1), Exited, Exited),
        ("WaitForExitAsync", p => Ends(s_registry.WaitForExitAsync(p)), Exited, Exited),
        ("WaitForExitAsync(token)", p => Ends(s_registry.WaitForExitAsync(p, Soon())), Exited, nameof(TaskCanceledException)),
        ("WaitForExitStatus", p => s_registry.WaitForExitStatus(p), Killed, Killed),
        ("WaitForExitStatusAsync", p => Result(s_registry.WaitForExitStatusAsync(p)), Killed, Killed),
        ("TryWaitForExitStatus", p => s_registry.TryWaitForExitStatus(p, s_half, out PidFdExitStatus? status) ? status : false, Killed, Killed),
        ("WaitForExitOrKill", p => s_registry.WaitForExitOrKill(p, s_half), Killed, Killed),
        ("WaitForExitOrKillAsync", p => Result(s_registry.WaitForExitOrKillAsync(p, Soon())), Killed, Killed),
        ("Stop", p => Result(s_registry.StopAsync(p, s_half)), Killed, Killed),
        ("Stop(tree)", p => Result(s_registry.StopAsync(p, s_half, entireProcessTree: true)), Killed, Killed),
        ("WhenAnyExit", p => ReferenceEquals(Result(s_registry.WhenAnyExitAsync([p])), p), Exited, Exited),
    ];

    /// <summary>Makes one call on a child that was attached before it died, or begins it before the death.</summary>
    public void Step(Random random)
    {
        (string name, Func<Process, object> call, string ifReaped, string ifNot) = s_calls[random.Next(s_calls.Length)];
        using Process child = Shell.StartSleeper();
        int id = child.Id;
        s_registry.Attach(child);
        bool isBefore = random.Next(2) == 0
            && ifReaped == ifNot
            && !name.Contains("Kill", StringComparison.Ordinal)
            && !name.StartsWith("Stop", StringComparison.Ordinal);
        Task<string> answer = isBefore ? Start(call, child) : Task.FromResult("");
        Native.KillByPid(id);
        if (!isBefore)
        {
            Check.Eventually(() => ProcessTable.StateOf(id) is null or 'Z' && (!isReaped || !Native.Kill(id, 0)));
            answer = Start(call, child);
        }

        TimeSpan limit = name is "WaitForExit()" or "WaitForExitAsync" ? s_bound : s_prompt;
        Check.That(answer.Wait(limit), $"{name} hangs");
        Check.Equal(isReaped ? ifReaped : ifNot, answer.Result, name);
        if (isReaped)
        {
            SpareStranger(child, id);
        }
    }

    private static void SpareStranger(Process dead, int id)
    {
        if (PidRecycler.Hindrance is not null)
        {
            return;
        }

        // A child of a shell, because the runtime still has a child of this PID.
        using PipedProcess shell = new("echo ready; while read line; do sleep 1000 >/dev/null & echo $!; done");
        int stranger;
        int tries = 0;
        do
        {
            PidRecycler.SetNext(id);
            shell.StandardInput.WriteLine();
            shell.StandardInput.Flush();
            stranger = Host.Parse(shell.ReadLine());
        }
        while (stranger != id && Native.Kill(stranger, Native.SigKill) && ++tries < 50);
        if (stranger == id)
        {
            s_registry.Kill(dead);
            s_registry.Kill(dead, entireProcessTree: true);
            Check.That(!s_registry.Signal(dead, Signum.SIGTERM), "a dead child took a signal");
            Check.That(
                ProcessTable.StateOf(id) is not (null or 'Z') && ProcessTable.ParentOf(id) == shell.Id, "the owner of a recycled PID was killed");
            Native.KillByPid(id);
        }

        Native.KillByPid(shell.Id);
    }

    private static Task<string> Start(Func<Process, object> call, Process child) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return $"{call(child)}";
            }
            catch (Exception e)
            {
                return e.GetType().Name;
            }
        },
        TaskCreationOptions.LongRunning);

    private static CancellationToken Soon() => new CancellationTokenSource(s_half).Token;

    private static bool Ends(Task task)
    {
        task.GetAwaiter().GetResult();
        return true;
    }

    private static T Result<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
