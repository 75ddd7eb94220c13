using System.Diagnostics;
using System.Runtime.InteropServices;
using PidFdProcess;

namespace PidRun;

/// <summary>Waits for processes that are not children of this program. Their statuses are its output, on stdout.</summary>
internal sealed class PidWait(int[] pids, TimeSpan timeout, bool isPlain)
{
    public async Task<int> RunAsync()
    {
        using CaughtSignals signals = new();

        // Open all of them first, because from then on no PID is taken for another process.
        List<Process> processes = [];
        List<string> names = [];
        foreach (Process process in pids.Select(TryOpen).OfType<Process>())
        {
            processes.Add(process);
            names.Add(NameOf(process));
        }

        Task<PosixSignal> signal = signals.NextAsync();
        Task exits = Task.WhenAll(processes.Zip(names, ReportExitAsync));
        Task first;
        await using (LiveView.TryStart(processes, isPlain))
        {
            first = await Task.WhenAny(exits, signal, Task.Delay(timeout));
        }

        if (first == exits)
        {
            await exits;
            return processes.Count == pids.Length ? 0 : ExitCodes.Failed;
        }

        string running = string.Join(", ", processes.Where(process => !process.HasExitedPidFd()).Select(process => process.Id));
        Report.Line($"{(first == signal ? await signal : $"timeout after {Report.Seconds(timeout)}")}; still running: {running}");
        return first == signal ? ExitCodes.Of(await signal) : ExitCodes.TimedOut;
    }

    private static Process? TryOpen(int pid)
    {
        try
        {
            return ProcessHandleRegistry.Default.Open(pid);
        }
        catch (ArgumentException)
        {
            Report.Line($"{pid}: no such process");
            return null;
        }
    }

    private static async Task ReportExitAsync(Process process, string name)
    {
        PidFdExitStatus status = await process.WaitForExitStatusPidFdAsync();
        Console.WriteLine($"{process.Id} {name}: {status}");
    }

    private static string NameOf(Process process)
    {
        try
        {
            return process.ProcessName;
        }
        catch (InvalidOperationException)
        {
            // It has exited since it was opened.
            return "?";
        }
    }
}
