using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Children whose exits the runtime never learns of, because native code of this program reaps them. Prints whether the pidfds are closed of a child
/// whose status was asked for and of children that no call has asked about.
/// </summary>
internal static class UnknownExits
{
    private const int BetweenSweeps = 256;

    // ReapWait.Longest, and some time for a busy machine.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);

    public static Task RunAsync(string how) => Answers.OnOwnThread(() => Run(how == "ignore"));

    private static void Run(bool ignore)
    {
        Process asked = ReapedByOthers.Start(attach: true);
        Process[] unasked = [.. Enumerable.Range(0, 3).Select(static _ => ReapedByOthers.Start(attach: true))];
        ReapedByOthers.EndAll([asked, .. unasked], ignore);
        Answers.Ask("the status", () => asked.WaitForExitStatusPidFd(), s_limit);
        Answers.Print("pidfds", ReapedPidFds());
        Answers.Print("the pidfd after the status is closed", Condition.TryWaitFor(() => ReapedPidFds() == unasked.Length, s_limit));
        for (int i = 0; i < BetweenSweeps; i++)
        {
            ProcessHandleRegistry.Default.Open(Environment.ProcessId).Dispose();
        }

        Answers.Print("a sweep closes the others", Condition.TryWaitFor(static () => ReapedPidFds() == 0, s_limit));
        Array.ForEach(unasked, static process => process.Dispose());
        asked.Dispose();
    }

    private static int ReapedPidFds() => Directory.GetFiles("/proc/self/fdinfo").Count(static file => ReadLines(file).Contains("Pid:\t-1"));

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            // The descriptor was closed during the call.
            return [];
        }
    }
}
