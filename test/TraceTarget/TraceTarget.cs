using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace PidFdProcess.TraceTarget;

/// <summary>
/// Uses the library in every way, for a test that runs it under strace. Prints the PID of the foreign process last, and brackets the
/// time in which waits for it are pending with a call that no one else makes: kill(self, 0). With the argument "stock" it waits for
/// the foreign process as the runtime does; with "thread" it prints the name of the thread that an awaited wait resumes on; with "costs" see
/// <see cref="Costs"/>.
/// </summary>
internal static partial class TraceTarget
{
    // So long that polling would show in the trace. Nothing is waited for but the time itself.
    private static readonly TimeSpan s_pending = TimeSpan.FromMilliseconds(400);

    // A wait that hangs must not keep the trace from the test.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    public static async Task<int> Main(string[] args)
    {
        if (args is ["thread"])
        {
            await PrintThreadAsync().WaitAsync(s_limit);
            return 0;
        }

        if (args is ["costs"])
        {
            Costs.Print();
            return 0;
        }

        await Task.Run(() => RunAsync(stock: args is ["stock"])).WaitAsync(s_limit);
        return 0;
    }

    // A few times: under load the runtime may reap too late for an inline completion.
    private static async Task PrintThreadAsync()
    {
        for (int i = 0; i < 20; i++)
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
