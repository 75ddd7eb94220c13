using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Conformance;

/// <summary>
/// Each case runs once through the stock methods and once through those of the library, on a process of its own. Both must show the same behaviour.
/// </summary>
[TestClass]
public sealed class ParityTests
{
    private static readonly Calls s_stock = new(
        process => process.Kill(),
        process => process.HasExited,
        process => process.WaitForExit(),
        (process, milliseconds) => process.WaitForExit(milliseconds),
        (process, timeout) => process.WaitForExit(timeout),
        (process, token) => process.WaitForExitAsync(token));

    private static readonly Calls s_ours = new(
        process => process.KillViaPidFd(),
        process => process.HasExitedPidFd(),
        process => process.WaitForExitPidFd(),
        (process, milliseconds) => process.WaitForExitPidFd(milliseconds),
        (process, timeout) => process.WaitForExitPidFd(timeout),
        (process, token) => process.WaitForExitPidFdAsync(token));

    private static readonly Dictionary<string, Func<Subject>> s_subjects = new()
    {
        ["running child"] = () => new Subject(TestProcesses.StartSleeper()),
        ["exiting child"] = () => new Subject(TestProcesses.StartExiting(7)),
        ["exited child"] = () => Subject.After(TestProcesses.StartExiting(7), process => process.WaitForExit()),
        ["killed child"] = () => Subject.After(TestProcesses.StartSleeper(), process =>
        {
            process.Kill();
            process.WaitForExit();
        }),
        ["child with events"] = () => Subject.After(TestProcesses.StartSleeper(), process => process.EnableRaisingEvents = true),
        ["unstarted"] = () => new Subject(new Process { StartInfo = new ProcessStartInfo("/bin/true") }),
        ["closed"] = () => Subject.After(TestProcesses.StartExiting(0), process => process.Close()),
        ["disposed"] = () => Subject.After(TestProcesses.StartExiting(0), process => process.Dispose()),
        ["non-child"] = () => Subject.NonChild(NonChildProcess.StartReaped()),
        ["reaped non-child"] = () => Subject.After(NonChildProcess.StartReaped(), nonChild => nonChild.KillAndWaitUntilReaped()),
    };

    private static readonly Dictionary<string, Func<Calls, Process, object?>> s_actions = new()
    {
        ["Kill"] = (calls, process) => Do(() => calls.Kill(process)),
        ["Kill twice, WaitForExit"] = (calls, process) => Do(() =>
        {
            calls.Kill(process);
            calls.Kill(process);
            calls.WaitForExit(process);
        }),
        ["Kill, WaitForExit(30 s)"] = (calls, process) => Do(() => calls.Kill(process), () => calls.WaitForExitMilliseconds(process, 30_000)),
        ["Kill, WaitForExit(TimeSpan)"] =
            (calls, process) => Do(() => calls.Kill(process), () => calls.WaitForExitTimeSpan(process, TimeSpan.FromSeconds(30))),
        ["Kill, WaitForExitAsync"] =
            (calls, process) => Do(() => calls.Kill(process), () => Await(calls.WaitForExitAsync(process, CancellationToken.None))),
        ["Kill, WaitForExit, HasExited"] = (calls, process) => Do(
            () =>
            {
                calls.Kill(process);
                calls.WaitForExit(process);
            },
            () => calls.HasExited(process)),
        ["WaitForExitAsync, cancelled before"] =
            (calls, process) => Do(() => { }, () => Await(calls.WaitForExitAsync(process, new CancellationToken(canceled: true)))),
        ["WaitForExit(TimeSpan -2 ms)"] = (calls, process) => calls.WaitForExitTimeSpan(process, TimeSpan.FromMilliseconds(-2)),
        ["WaitForExit(TimeSpan.MaxValue)"] = (calls, process) => calls.WaitForExitTimeSpan(process, TimeSpan.MaxValue),
    };

    public static IEnumerable<object[]> Cases =>
        from subject in s_subjects.Keys
        from action in s_actions.Keys
        where !IsMatterOfChance(subject, action)
        select new object[] { subject, action };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void EachCall_OnEachKindOfProcess_BehavesAsTheStockCall(string subject, string action)
    {
        // Both refuse an unstarted or closed object, and both check a bad timeout before that.
        string stock = Observe(s_stock, subject, action);
        string ours = Observe(s_ours, subject, action);
        Assert.AreEqual(stock, ours);
    }

    private static string Observe(Calls calls, string subjectName, string action)
    {
        using Subject subject = s_subjects[subjectName]();
        Process process = subject.Process;
        int raised = 0;
        process.Exited += (_, _) => Interlocked.Increment(ref raised);
        string result = ResultOf(() => s_actions[action](calls, process));
        bool wasKilled = action.StartsWith("Kill", StringComparison.Ordinal);
        bool isChild = ResultOf(() => process.StartInfo) is not nameof(InvalidOperationException)
            && ResultOf(() => process.Id) is not nameof(InvalidOperationException);
        if (wasKilled && (isChild ? process.Id : subject.Id) is { } id)
        {
            // Kill does not wait, and a stock wait could raise Exited where a wait of the library has not.
            TestProcesses.WaitUntil(() => ProcessTable.StateOf(id) is null, "the process is reaped");
        }

        // With events on, Exited is raised sooner or later. With events off, only a call can raise it, and the call may come too early for another
        // parent to have reaped.
        bool isOn = process.EnableRaisingEvents;
        if (wasKilled && isOn)
        {
            TestProcesses.WaitUntil(() => Volatile.Read(ref raised) > 0, "Exited is raised");
        }

        string byCalls = wasKilled && isChild ? $"{raised}" : "not asked";
        string hasExited = wasKilled || !isChild ? ResultOf(() => process.HasExited) : "not asked: it may exit during the call";
        string exitCode = wasKilled ? ExitCodeOf(process, subjectName) : "";
        if (wasKilled)
        {
            // Waits for a handler under way, and lets no other begin.
            process.Close();
        }

        return $"{result}; HasExited {hasExited}; ExitCode {exitCode}; events {isOn}; Exited {byCalls}, {(wasKilled ? raised : 0)} in all";
    }

    // A cancelled token counts only if the process has not exited yet.
    private static bool IsMatterOfChance(string subject, string action) =>
        subject == "exiting child" && action.Contains("cancelled", StringComparison.Ordinal);

    // Whether the kill or the end of the script comes first is a matter of chance.
    private static string ExitCodeOf(Process process, string subject) =>
        subject == "exiting child" ? "7 or 137" : ResultOf(() => process.ExitCode);

    private static string ResultOf(Func<object?> call)
    {
        try
        {
            return call()?.ToString() ?? "done";
        }
        catch (Exception e)
        {
            return e.GetType().Name;
        }
    }

    private static object? Do(Action action, Func<object?>? then = null)
    {
        action();
        return then?.Invoke();
    }

    private static bool Do(Action action, Func<bool> then)
    {
        action();
        return then();
    }

    private static object? Await(Task task)
    {
        task.WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
        return null;
    }

    private sealed record Calls(
        Action<Process> Kill,
        Func<Process, bool> HasExited,
        Action<Process> WaitForExit,
        Func<Process, int, bool> WaitForExitMilliseconds,
        Func<Process, TimeSpan, bool> WaitForExitTimeSpan,
        Func<Process, CancellationToken, Task> WaitForExitAsync);

    private sealed class Subject(Process process, NonChildProcess? nonChild = null) : IDisposable
    {
        public Process Process { get; } = process;

        public int? Id => nonChild?.Id;

        public static Subject NonChild(NonChildProcess nonChild) => new(Process.GetProcessById(nonChild.Id), nonChild);

        public static Subject After(Process process, Action<Process> action)
        {
            action(process);
            return new Subject(process);
        }

        public static Subject After(NonChildProcess nonChild, Action<NonChildProcess> action)
        {
            Subject subject = NonChild(nonChild);
            action(nonChild);
            return subject;
        }

        public void Dispose()
        {
            if (nonChild is null && ResultOf(() => Process.HasExited) == bool.FalseString)
            {
                Process.Kill();
            }

            nonChild?.Dispose();
            Process.Dispose();
        }
    }
}
