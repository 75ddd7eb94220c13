using System.CommandLine;
using System.Diagnostics;
using PidFdProcess;

namespace PidRun;

/// <summary><c>pidrun stop</c>: SIGTERM, and SIGKILL for the processes that are left, all within one grace period.</summary>
internal sealed class StopCommand : Command
{
    private readonly Option<TimeSpan?> _grace = CommonOptions.Grace();
    private readonly Option<bool> _tree = CommonOptions.Tree();
    private readonly Argument<string[]> _processes = ProcessName.Argument();

    public StopCommand()
        : base("stop", "Sends SIGTERM to processes, after the grace period SIGKILL, and prints how each ended.")
    {
        Add(_grace);
        Add(_tree);
        Add(_processes);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        bool allFound = ProcessName.TryOpenAll(parsed.GetValue(_processes)!, out List<Process> processes);
        Dictionary<Process, string> names = processes.ToDictionary(static process => process, ProcessName.Of);
        await using ProcessScope scope = new(new ProcessScopeOptions
        {
            GracePeriod = parsed.GetValue(_grace) ?? CommonOptions.DefaultGrace,
            EntireProcessTree = parsed.GetValue(_tree),
        });
        processes.ForEach(scope.Add);
        ProcessScopeResult result = await scope.StopAsync();
        foreach (ProcessScopeExit exit in result.Exits)
        {
            Console.WriteLine($"{exit.ProcessId} {names[exit.Process]}: {exit.Status}");
        }

        // A process that ended before the stop has left the scope, so the result does not list it.
        HashSet<int> listed = [.. result.Exits.Select(static exit => exit.ProcessId), .. result.Survivors.Select(static each => each.ProcessId)];
        foreach (Process process in processes.Where(process => !listed.Contains(process.Id)))
        {
            if (process.TryWaitForExitStatusPidFd(TimeSpan.Zero, out PidFdExitStatus? status))
            {
                Console.WriteLine($"{process.Id} {names[process]}: {status}");
            }
        }

        foreach (ProcessScopeSurvivor survivor in result.Survivors)
        {
            Report.Line($"{survivor.ProcessId} {survivor.Name}: still running: {survivor.Reason}");
        }

        if (result.IncompleteReason is { } reason)
        {
            Report.Line($"other processes may be running: {reason}");
        }

        return allFound && result is { Survivors.Count: 0, IncompleteReason: null } ? 0 : ExitCodes.Failed;
    }
}
