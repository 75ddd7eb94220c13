using System.Diagnostics;
using PidFdProcess;

namespace QuickStart;

/// <summary>What the library does, on processes that this program starts itself.</summary>
internal static class Tour
{
    public static async Task<int> RunAsync()
    {
        using Cast cast = new();
        Console.CancelKeyPress += (_, _) => cast.Dispose();

        Screen.Title("Do pidfds work here?");
        Screen.Line(ProcessHandleRegistry.Default.Support.ToString());

        await KillAndAwaitAsync(cast);
        await LateNotice.ShowAsync(cast);
        RecycledPid.Show(cast);
        return 0;
    }

    private static async Task KillAndAwaitAsync(Cast cast)
    {
        Process child = cast.StartChild("exec sleep 1000");
        Process exiting = cast.StartChild("read _; exit 3");
        NonChildProcess nonChild = cast.StartNonChild(reapsAtOnce: true);
        Process opened = cast.Add(ProcessHandleRegistry.Default.Open(nonChild.Id));

        Screen.Title("Kill and await");
        List<string[]> rows = [];
        (string, Process)[] processes = [("child, killed", child), ("child, exits with 3", exiting), ("non-child, killed", opened)];
        foreach ((string name, Process process) in processes)
        {
            ProcessAttachment attachment = ProcessHandleRegistry.Default.Attach(process);
            ProcessRoute route = attachment.Route;
            Task<PidFdExitStatus> exit = process.WaitForExitStatusPidFdAsync();
            if (process == exiting)
            {
                process.StandardInput.Close();
            }
            else
            {
                process.KillViaPidFd();
            }

            PidFdExitStatus status = await exit;
            rows.Add([name, $"{attachment.ProcessId}", $"{route}", status.ToString(), $"{status.Source}"]);
        }

        Screen.Table(["process", "PID", "route", "how it ended", "told by"], rows);
    }
}
