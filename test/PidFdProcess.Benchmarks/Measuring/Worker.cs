using System.Diagnostics;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>This program once more, to measure in a process that has nothing else, or one that can be ended.</summary>
internal static class Worker
{
    public static Process Start(params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(Worker).Assembly.Location] : [];
        return Process.Start(
            new ProcessStartInfo(program, [.. host, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }
}
