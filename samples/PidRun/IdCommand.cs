using System.CommandLine;
using System.Diagnostics;
using PidFdProcess;

namespace PidRun;

/// <summary><c>pidrun id</c>: names of processes that never mean another one, as getino(1) of util-linux prints them.</summary>
internal sealed class IdCommand : Command
{
    private readonly Option<bool> _short = new("--short")
    {
        Description = "PID:inode, which the tools of util-linux 2.42 take, and which is valid until the next boot",
    };

    private readonly Argument<string[]> _processes = ProcessName.Argument();

    public IdCommand()
        : base("id", "Prints the identities of processes, PID:inode@boot. The other commands take them instead of PIDs.")
    {
        Add(_short);
        Add(_processes);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        bool allFound = ProcessName.TryOpenAll(parsed.GetValue(_processes)!, out List<Process> processes);
        string format = parsed.GetValue(_short) ? "P" : "G";
        foreach (Process process in processes)
        {
            try
            {
                Console.WriteLine(process.GetIdentityViaPidFd().ToString(format));
            }
            catch (InvalidOperationException)
            {
                // It has been reaped since it was opened.
                Report.Missing($"{process.Id}");
                allFound = false;
            }
        }

        return allFound ? 0 : ExitCodes.Failed;
    }
}
