using System.Diagnostics;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Prints the name of the thread that an awaited wait resumes on, for a test of inline completions.</summary>
internal static class ResumeOnThread
{
    // Under load the runtime may reap too late for an inline completion, so one wait is not enough.
    private const int Waits = 20;

    public static async Task RunAsync()
    {
        for (int i = 0; i < Waits; i++)
        {
            using Process child = Process.Start("/bin/sleep", "1000");
            Task<string?> resumed = ResumeAsync(child.WaitForExitPidFdAsync());
            child.KillViaPidFd();
            Console.WriteLine(await resumed.ConfigureAwait(false));
        }
    }

    private static async Task<string?> ResumeAsync(Task wait)
    {
        await wait.ConfigureAwait(false);
        return Thread.CurrentThread.Name;
    }
}
