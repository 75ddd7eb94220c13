using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess;

namespace PidRun;

/// <summary>Waits for processes that are not children of this program. Their statuses are its output, on stdout.</summary>
internal sealed class ProcessWait(string[] names, TimeSpan timeout, bool isPlain)
{
    public async Task<int> RunAsync()
    {
        using CaughtSignals signals = new();

        bool allFound = ProcessName.TryOpenAll(names, out List<Process> processes);
        Task<PosixSignal> signal = signals.NextAsync();
        Task exits = Task.WhenAll(processes.ConvertAll(static process => ReportExitAsync(process, ProcessName.Of(process))));
        Task first;
        await using (LiveView.TryStart(processes, isPlain))
        {
            first = await Task.WhenAny(exits, signal, Task.Delay(timeout));
        }

        if (first == exits)
        {
            await exits;
            return allFound ? 0 : ExitCodes.Failed;
        }

        string running = string.Join(", ", processes.Where(process => !process.HasExitedPidFd()).Select(process => process.Id));
        Report.Line($"{(first == signal ? await signal : $"timeout after {Report.Seconds(timeout)}")}; still running: {running}");
        return first == signal ? ExitCodes.Of(await signal) : ExitCodes.TimedOut;
    }

    private static async Task ReportExitAsync(Process process, string name)
    {
        PidFdExitStatus status = await process.WaitForExitStatusPidFdAsync();
        Console.WriteLine($"{process.Id} {name}: {status}");
    }
}
