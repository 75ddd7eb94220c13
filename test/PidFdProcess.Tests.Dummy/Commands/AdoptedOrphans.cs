using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// This program adopts orphans (PR_SET_CHILD_SUBREAPER). They are its children for the kernel, but the runtime never reaps them. Prints whether calls
/// on dead ones waited for a reap.
/// </summary>
internal static class AdoptedOrphans
{
    private const int Calls = 20;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    // What a call takes at least if it waits for a reap.
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(100);

    public static Task RunAsync() => Answers.OnOwnThread(Run);

    private static void Run()
    {
        NativeHost.AdoptDescendants();
        Print("HasExited", static process => process.HasExitedPidFd());
        Print("WaitForExit(1 s)", static process => process.WaitForExitPidFd(1000));
        Print("WaitForExit", static process =>
        {
            process.WaitForExitPidFd();
            return "ended";
        });
        Print("WaitForExitAsync", static process => process.WaitForExitPidFdAsync().Wait(s_limit));
        Print("WaitForExitStatus", static process => process.WaitForExitStatusPidFd());
    }

    private static void Print(string name, Func<Process, object?> call)
    {
        Process[] orphans = [.. Enumerable.Range(0, Calls).Select(static _ => Adopt())];
        HashSet<string?> answers = [];
        bool isPrompt = false;
        foreach (Process orphan in orphans)
        {
            // A busy machine delays some of the calls.
            long start = Stopwatch.GetTimestamp();
            object? answer = call(orphan);
            isPrompt |= Stopwatch.GetElapsedTime(start) < s_wait;
            answers.Add(Convert.ToString(answer, CultureInfo.InvariantCulture));
        }

        Answers.Print(name, $"{string.Join(", ", answers)}, {(isPrompt ? "promptly" : "late")}");
    }

    /// <summary>A dead orphan whose parent is this process.</summary>
    private static Process Adopt()
    {
        using PipedProcess parent = new("sleep 1000 >/dev/null 2>&1 & echo $!");
        int id = int.Parse(parent.FirstLine, CultureInfo.InvariantCulture);
        parent.WaitForExit();
        Condition.WaitFor(() => ProcessTable.ParentOf(id) == Environment.ProcessId, "the orphan is adopted", s_limit);
        Process orphan = ProcessHandleRegistry.Default.Open(id);
        orphan.KillViaPidFd();
        Condition.WaitFor(() => ProcessTable.StateOf(id) == 'Z', "the orphan is a zombie", s_limit);
        return orphan;
    }
}
