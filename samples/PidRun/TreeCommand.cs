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
        processes.ForEach(static process => Print(process, depth: 0));
        return allFound ? 0 : ExitCodes.Failed;
    }

    private static void Print(Process process, int depth)
    {
        using (process)
        {
            try
            {
                Console.WriteLine($"{new string(' ', depth * 2)}{process.GetIdentityViaPidFd()} {ProcessName.Of(process)}");
            }
            catch (InvalidOperationException)
            {
                // It has ended since it was listed, so it has no children any more.
                return;
            }

            foreach (Process child in process.GetChildrenViaPidFd().OrderBy(static child => child.Id))
            {
                Print(child, depth + 1);
            }
        }
    }
}
