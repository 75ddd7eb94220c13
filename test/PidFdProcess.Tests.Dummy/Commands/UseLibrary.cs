using System.Diagnostics;
using PidFdProcess.Shared;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Uses the library in every way, for a test that runs it under strace. It prints the PID of a process that is no child of this one last. It
/// brackets the time in which waits for that process are pending with a call that nothing else makes, kill(self, 0). On the route "stock" it
/// waits for the non-child as the runtime does.
/// </summary>
internal static class UseLibrary
{
    // So long that polling would show in the trace. The program waits for the time itself.
    private static readonly TimeSpan s_pending = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_stockPending = TimeSpan.FromSeconds(3);

    public static Task RunAsync(string route) => Task.Run(() => RunAsync(stock: route == "stock"));

    private static async Task RunAsync(bool stock)
    {
        if (!stock)
        {
            await UseChildren();
        }

        using NonChildProcess nonChild = NonChildProcess.StartReaped();
        Console.WriteLine(nonChild.Id);
        await WaitForNonChild(nonChild.Id, stock);

        // A kill by PID at the end would show in the trace.
        nonChild.WaitUntilReaped();
    }

    private static async Task UseChildren()
    {
        for (int i = 0; i < 20; i++)
        {
            using Process child = new()
            {
                StartInfo = new ProcessStartInfo("/bin/sh", ["-c", "read line; exit 3"]) { RedirectStandardInput = true },
            };
            child.StartWithPidFd();
            Task wait = child.WaitForExitPidFdAsync();
            _ = child.WaitForExitPidFd(1);
            if (i % 2 == 0)
            {
                child.KillViaPidFd();
            }
            else
            {
                child.StandardInput.Close();
            }

            child.WaitForExitPidFd();
            await wait;
            _ = child.HasExitedPidFd();
            Console.WriteLine(child.ExitCode);
        }
    }

    private static async Task WaitForNonChild(int processId, bool stock)
    {
        using Process nonChild = stock ? Process.GetProcessById(processId) : ProcessHandleRegistry.Default.Open(processId);
        _ = Native.Kill(Environment.ProcessId, 0);
        if (stock)
        {
            // The test demands a number of looks, and a busy machine delays each.
            _ = nonChild.WaitForExit((int)s_stockPending.TotalMilliseconds);
            _ = Native.Kill(Environment.ProcessId, 0);
            nonChild.Kill();
            return;
        }

        Task asynchronous = nonChild.WaitForExitPidFdAsync();
        Task blocking = Task.Factory.StartNew(nonChild.WaitForExitPidFd, TaskCreationOptions.LongRunning);
        _ = nonChild.WaitForExitPidFd(s_pending);
        nonChild.KillViaPidFd();
        await Task.WhenAll(asynchronous, blocking);
        _ = Native.Kill(Environment.ProcessId, 0);
    }
}
