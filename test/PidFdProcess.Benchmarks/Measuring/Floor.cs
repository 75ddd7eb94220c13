using System.Diagnostics;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The same work in C: compiled at run time.</summary>
internal sealed class Floor : IDisposable
{
    private readonly Measurer _measurer;
    private readonly string _directory;

    private Floor(string directory)
    {
        _directory = directory;
        _measurer = new Measurer(new ProcessStartInfo(Program));
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
    public double[] Measure(string command) => _measurer.Measure(command);

    public void Dispose()
    {
        _measurer.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
