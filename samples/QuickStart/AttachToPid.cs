using System.Diagnostics;
using System.Globalization;
using PidFdProcess;

namespace QuickStart;

/// <summary>Waits for a process that another program started.</summary>
internal static class AttachToPid
{
    public static async Task<int> RunAsync(string text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id == 0)
        {
            return Screen.Fail($"'{text}' is not a PID: it is a positive number.");
        }

        Process process;
        try
        {
            process = ProcessHandleRegistry.Default.Open(id);
        }
        catch (ArgumentException)
        {
            return Screen.Fail($"There is no process {id}.");
        }

        using (process)
        {
            Screen.Line($"Attached: {ProcessHandleRegistry.Default.Attach(process)}. Waiting for its exit; Ctrl+C gives up.");
            Stopwatch watch = Stopwatch.StartNew();
            PidFdExitStatus status = await process.WaitForExitStatusPidFdAsync();
            Screen.Line($"Process {id}: {status} (told by {status.Source}), after {watch.Elapsed.TotalSeconds:F3} s.");
            return 0;
        }
    }
}
