using System.Diagnostics;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>This program once more, to measure in a process that has nothing else, or one that can be ended.</summary>
internal static class Worker
{
    public static ProcessStartInfo Program(params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(Worker).Assembly.Location] : [];
        return new ProcessStartInfo(program, [.. host, .. arguments]);
    }

    public static Process Start(params string[] arguments)
    {
        ProcessStartInfo program = Program(arguments);
        program.RedirectStandardInput = true;
        program.RedirectStandardOutput = true;
        return Process.Start(program)!;
    }
}
