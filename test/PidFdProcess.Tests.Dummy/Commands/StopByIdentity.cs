using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>Opens a process that another program has named, stops it, and prints how it ended; or why it cannot be opened.</summary>
internal static class StopByIdentity
{
    public static async Task RunAsync(string text)
    {
        try
        {
            ProcessIdentity identity = ProcessIdentity.Parse(text, CultureInfo.InvariantCulture);
            using Process process = ProcessHandleRegistry.Default.Open(identity);
            PidFdExitStatus status = await process.StopViaPidFdAsync(TimeSpan.FromSeconds(30));
            Console.WriteLine($"process {process.Id}: {status}");
        }
        catch (ArgumentException e)
        {
            Console.WriteLine(e.Message);
        }
    }
}
