using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Native code of this program ignores SIGCHLD ("ignore"), or reaps with <c>waitpid(-1)</c> before the runtime does ("waitpid"). The runtime never
/// learns of these exits. Prints what each call on such a child answers, and whether a stranger with the PID of one survives.
/// </summary>
internal static class ReapedByOthers
{
    private const int ExitCode = 7;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Func<Process, object?>> s_calls = new()
    {
        ["HasExited"] = static process => process.HasExitedPidFd(),
        ["WaitForExit(0)"] = static process => process.WaitForExitPidFd(0),
        ["WaitForExit(1 s)"] = static process => process.WaitForExitPidFd(s_second),
        ["WaitForExit"] = static process => Ended(process.WaitForExitPidFd),
        ["WaitForExitOnly"] = static process => Ended(process.WaitForExitOnlyPidFd),
        ["WaitForExitAsync"] = static process => Ended(() => process.WaitForExitPidFdAsync().GetAwaiter().GetResult()),
        ["WaitForExitOnlyAsync"] = static process => Ended(() => process.WaitForExitOnlyPidFdAsync().GetAwaiter().GetResult()),
        ["WaitForExitAndOutputAsync"] = static process => process.WaitForExitAndOutputPidFdAsync(Timeout.InfiniteTimeSpan).Result,
        ["WaitForExitStatus"] = static process => process.WaitForExitStatusPidFd(),
        ["WaitForExitStatusAsync"] = static process => process.WaitForExitStatusPidFdAsync().Result,
        ["TryWaitForExitStatus(0)"] = static process => process.TryWaitForExitStatusPidFd(TimeSpan.Zero, out PidFdExitStatus? status) ? status : null,
        ["WaitForExitOrKill"] = static process => process.WaitForExitOrKillPidFd(s_second),
        ["WaitForExitOrKillAsync"] = static process => process.WaitForExitOrKillPidFdAsync(s_second).Result,
        ["Stop"] = static process => process.StopViaPidFd(s_second),
        ["StopAsync"] = static process => process.StopViaPidFdAsync(s_second).Result,
        ["StopAsync of the tree"] = static process => process.StopViaPidFdAsync(s_second, entireProcessTree: true).Result,
        ["WhenAnyExit"] = static process => ReferenceEquals(new[] { process }.WhenAnyExitPidFdAsync().Result, process),
        ["Signal"] = static process => process.SignalViaPidFd(Mono.Unix.Native.Signum.SIGTERM),
        ["Kill"] = static process => Ended(process.KillViaPidFd),
        ["Kill of the tree"] = static process => Ended(() => process.KillViaPidFd(entireProcessTree: true)),
    };

    public static Task RunAsync(string how) => Answers.OnOwnThread(() => Run(how == "ignore"));

    private static void Run(bool ignore)
    {
        using Strangers strangers = new();
        Dictionary<string, Process> attached = s_calls.Keys.ToDictionary(static name => name, static _ => Start(attach: true));
        Dictionary<string, Process> unattached = s_calls.Keys.ToDictionary(static name => name, static _ => Start(attach: false));
        Process killed = Start(attach: true);
        Process killedAndSeen = Start(attach: true);
        Process killedUnattached = Start(attach: false);
        Process pending = Start(attach: true);
        Task wait = pending.WaitForExitPidFdAsync();
        Task<PidFdExitStatus> status = pending.WaitForExitStatusPidFdAsync();
        Task blocked = Answers.OnOwnThread(pending.WaitForExitPidFd);

        EndAll([.. attached.Values, .. unattached.Values, killed, killedAndSeen, killedUnattached, pending], ignore);
        Answers.Ask("a pending WaitForExitAsync", () => wait.Wait(s_limit), s_limit);
        Answers.Ask("a pending WaitForExitStatusAsync", () => status.Result, s_limit);
        Answers.Ask("a pending WaitForExit", () => blocked.Wait(s_limit), s_limit);
        foreach ((string name, Func<Process, object?> call) in s_calls)
        {
            Answers.Ask(name, () => call(attached[name]), s_limit);
            Answers.Ask($"{name}, attached after the reap", () => call(unattached[name]), s_limit);
        }

        Answers.Print("route", killedAndSeen.HasExitedPidFd() ? ProcessHandleRegistry.Default.Attach(killedAndSeen).Reason : "not exited");
        if (PidRecycler.Hindrance is { } hindrance)
        {
            Answers.Print("cannot recycle PIDs", hindrance);
            return;
        }

        Spare(strangers, "Kill", killed, killed.KillViaPidFd);
        Spare(strangers, "Kill of an exit that was seen", killedAndSeen, killedAndSeen.KillViaPidFd);
        Spare(strangers, "Kill, attached after the reap", killedUnattached, killedUnattached.KillViaPidFd);
        Spare(strangers, "Kill of the tree", attached["HasExited"], () => attached["HasExited"].KillViaPidFd(entireProcessTree: true));
        Spare(strangers, "a late Stop", attached["Stop"], () => attached["Stop"].StopViaPidFd(TimeSpan.Zero));
        Spare(strangers, "a late Stop, attached after the reap", unattached["Stop"], () => unattached["Stop"].StopViaPidFd(TimeSpan.Zero));
    }

    private static string Ended(Action call)
    {
        call();
        return "ended";
    }

    private static void Spare(Strangers strangers, string name, Process dead, Action kill)
    {
        if (strangers.TryStart(dead.Id))
        {
            Answers.Ask(name, () => Ended(kill), s_limit);
            Answers.Print($"the stranger after {name}", Strangers.Lives(dead.Id) ? "lives" : "was killed");
        }
        else
        {
            Answers.Print("cannot recycle PIDs", "other programs were faster");
        }
    }

    internal static Process Start(bool attach)
    {
        Process child = Shell.StartExitingOnCommand(ExitCode);
        if (attach)
        {
            ProcessHandleRegistry.Default.Attach(child);
        }

        return child;
    }

    internal static void EndAll(Process[] children, bool ignore)
    {
        HashSet<int> left = [.. children.Select(static child => child.Id)];
        if (ignore)
        {
            NativeHost.IgnoreSigChld();
        }
        else
        {
            NativeHost.LoseSigChld();
        }

        Array.ForEach(children, static child => child.StandardInput.Close());
        while (!ignore && left.Count > 0)
        {
            left.Remove(NativeHost.ReapAny());
        }

        Condition.WaitFor(() => left.All(static id => ProcessTable.StateOf(id) is null), "the children are reaped", s_limit);
    }
}
