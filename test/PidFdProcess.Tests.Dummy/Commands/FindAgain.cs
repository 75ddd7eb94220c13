using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Dummy.Commands;

/// <summary>A watcher after a restart: reads identities from a file, and prints the PIDs of the processes that it finds.</summary>
internal static class FindAgain
{
    public static Task RunAsync(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            if (ProcessHandleRegistry.Default.TryOpen(ProcessIdentity.Parse(line, CultureInfo.InvariantCulture), out Process? process))
            {
                Console.WriteLine(process.Id);
                process.Dispose();
            }
        }

        return Task.CompletedTask;
    }
}
