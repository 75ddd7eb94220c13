using System.Diagnostics;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>The same work in C, compiled at run time.</summary>
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

    /// <summary>
    /// Gets the path of a program that does nothing until it is killed, so small that ten thousands of it fit into memory. It is
    /// <see langword="null"/> where the C library cannot be linked statically.
    /// </summary>
    public string? Pause => File.Exists(PausePath(_directory)) ? PausePath(_directory) : null;

    /// <summary>Compiles the programs. Returns <see langword="null"/>, and says why, where that cannot be done.</summary>
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
            _ = Tool.Run("cc", ["-O2", "-static", "-s", "-o", PausePath(directory), Path.Combine(Path.GetDirectoryName(source)!, "pause.c")], out _);
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

    private static string PausePath(string directory) => Path.Combine(directory, "pause");
}
