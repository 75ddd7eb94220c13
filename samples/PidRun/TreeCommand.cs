using System.CommandLine;
using System.Diagnostics;
using PidFdProcess;

namespace PidRun;

/// <summary><c>pidrun tree</c>: a process and its descendants, with their identities.</summary>
internal sealed class TreeCommand : Command
{
    private readonly Argument<string[]> _processes = ProcessName.Argument();

    public TreeCommand()
        : base("tree", "Prints processes with their descendants, an identity and a name a line, children below their parent.")
    {
        Add(_processes);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        bool allFound = ProcessName.TryOpenAll(parsed.GetValue(_processes)!, out List<Process> processes);
        foreach (Process process in processes)
        {
            int id = process.Id;
            if (!TryPrint(process, depth: 0))
            {
                Report.Missing($"{id}");
                allFound = false;
            }
        }

        return allFound ? 0 : ExitCodes.Failed;
    }

    /// <returns><see langword="false"/> if the process has been reaped since it was opened. It has no children any more.</returns>
    private static bool TryPrint(Process process, int depth)
    {
        using (process)
        {
            try
            {
                Console.WriteLine($"{new string(' ', depth * 2)}{process.GetIdentityViaPidFd()} {ProcessName.Of(process)}");
            }
            catch (InvalidOperationException)
            {
                return false;
            }

            foreach (Process child in process.GetChildrenViaPidFd().OrderBy(static child => child.Id))
            {
                TryPrint(child, depth + 1);
            }

            return true;
        }
    }
}
