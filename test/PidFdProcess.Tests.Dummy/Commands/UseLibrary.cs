using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>
/// Uses the library in every way, for a test that runs it under strace. It prints the PID of a process that is no child of this one last. It
/// brackets the time in which waits for that process are pending with a call that nothing else makes, kill(self, 0). On the route "stock" it
/// waits for the non-child as the runtime does.
/// </summary>
internal static partial class UseLibrary
{
    // So long that polling would show in the trace. The program waits for the time itself.
    private static readonly TimeSpan s_pending = TimeSpan.FromMilliseconds(400);

    public static Task RunAsync(string route) => Task.Run(() => RunAsync(stock: route == "stock"));

    private static async Task RunAsync(bool stock)
    {
        if (!stock)
        {
            await UseChildren();
        }

        using Process parent = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "sleep 1000 >/dev/null & echo $!; exec sleep 1000"]) { RedirectStandardOutput = true })!;
        int foreignId = int.Parse((await parent.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        Console.WriteLine(foreignId);
        await WaitForForeign(foreignId, stock);
        parent.Kill();
        await parent.WaitForExitAsync();
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

    private static async Task WaitForForeign(int foreignId, bool stock)
    {
        using Process foreign = stock ? Process.GetProcessById(foreignId) : ProcessHandleRegistry.Default.Open(foreignId);
        _ = Kill(Environment.ProcessId, 0);
        if (stock)
        {
            _ = foreign.WaitForExit((int)s_pending.TotalMilliseconds);
            _ = Kill(Environment.ProcessId, 0);
            foreign.Kill();
            return;
        }

        Task asynchronous = foreign.WaitForExitPidFdAsync();
        Task blocking = Task.Factory.StartNew(foreign.WaitForExitPidFd, TaskCreationOptions.LongRunning);
        _ = foreign.WaitForExitPidFd(s_pending);
        foreign.KillViaPidFd();
        await Task.WhenAll(asynchronous, blocking);
        _ = Kill(Environment.ProcessId, 0);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
