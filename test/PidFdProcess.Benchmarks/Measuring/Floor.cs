using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The floor in C: compiled at run time, then a process that measures on command, so that it takes its turns with the others.</summary>
internal sealed class Floor : IDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private Floor(string directory)
    {
        _directory = directory;
        _process = Process.Start(
            new ProcessStartInfo(Program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Gets the path of the program.</summary>
    public string Program => Path.Combine(_directory, "floor");

    /// <summary>Compiles the floor. Returns <see langword="null"/>, and says why, where that cannot be done.</summary>
    public static Floor? TryStart(out string? skipped)
    {
        string directory = Directory.CreateTempSubdirectory("pidfd-floor").FullName;
        string source = Path.Combine(AppContext.BaseDirectory, "floor", "floor.c");
        skipped = Tool.Run("cc", ["-O2", "-o", Path.Combine(directory, "floor"), source], out string output) switch
        {
            null => "the floor in C is skipped: there is no cc",
            0 => null,
            _ => $"the floor in C is skipped: cc failed: {output}",
        };
        if (skipped is null)
        {
            return new Floor(directory);
        }

        Directory.Delete(directory, recursive: true);
        return null;
    }

    /// <summary>Has it measure something, and returns nanoseconds.</summary>
    public double[] Measure(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"The floor ended at '{command}'.");
        return [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ns => double.Parse(ns, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
