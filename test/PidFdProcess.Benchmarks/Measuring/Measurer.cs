using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>A program that measures on command, line by line, so that it takes its turns with others.</summary>
internal sealed class Measurer : IDisposable
{
    private readonly Process _process;

    public Measurer(ProcessStartInfo program)
    {
        program.RedirectStandardInput = true;
        program.RedirectStandardOutput = true;
        _process = Process.Start(program)!;
    }

    /// <summary>Has it measure something, and returns its numbers, usually nanoseconds.</summary>
    public double[] Measure(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended at '{command}'.");
        return [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ns => double.Parse(ns, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
