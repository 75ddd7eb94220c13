using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// What a short program pays: one that awaits /bin/true, then kills and awaits sleep, as a whole process. It uses the library as a package, with
/// the package's native code, and the default settings.
/// </summary>
internal static class FirstCall
{
    private const int WarmUp = 3;

    public static IEnumerable<Row> Run(Sizes sizes, List<string> notes)
    {
        if (sizes.FirstCallTurns == 0)
        {
            yield break;
        }

        DirectoryInfo directory = Directory.CreateTempSubdirectory("pidfd-first-call");
        try
        {
            if (TryBuild(directory.FullName, out string built) is { } skipped)
            {
                notes.Add($"the first call is skipped: {skipped}");
                yield break;
            }

            yield return new Row(
                    "program that awaits one child, kills and awaits another: whole process", "ms",
                    Measure(sizes, built, static run => run.Wall.TotalMilliseconds))
                .Promise(Implementation.PidFd, Implementation.Stock, 1.15);
            yield return new Row(
                    "the same: processor time", "ms", Measure(sizes, built, static run => run.Processor.TotalMilliseconds))
                .Promise(Implementation.PidFd, Implementation.Stock, 1.15);
            Row methods = new(
                "the same: methods compiled at run time", "methods",
                Interleaver.Run(
                    warmUp: 0, turns: WarmUp,
                    (Implementation.Stock, () => [CountMethods(built, "stock")]),
                    (Implementation.PidFd, () => [CountMethods(built, "pidfd")])));
            yield return methods.Promise("methods", methods.Find(Implementation.PidFd)!.Median, 30);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Series[] Measure(Sizes sizes, string built, Func<(TimeSpan Wall, TimeSpan Processor), double> value) => Interleaver.Run(
        WarmUp, sizes.FirstCallTurns,
        (Implementation.Stock, () => [value(RunOnce(built, "stock"))]),
        (Implementation.PidFd, () => [value(RunOnce(built, "pidfd"))]));

    private static (TimeSpan Wall, TimeSpan Processor) RunOnce(string built, string implementation)
    {
        TimeSpan before = RawCalls.ProcessorTimeOfChildren();
        long start = Stopwatch.GetTimestamp();
        using Process program = Process.Start("dotnet", [built, implementation]);
        program.WaitForExit();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        return program.ExitCode == 0 ? (wall, RawCalls.ProcessorTimeOfChildren() - before) : throw Children.Unexpected(program);
    }

    private static double CountMethods(string built, string implementation) =>
        Tool.Run("dotnet", [built, implementation, "count"], out string output) == 0
            ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException(output);

    // Returns why that cannot be done.
    private static string? TryBuild(string directory, out string built)
    {
        built = Path.Combine(directory, "out", "FirstCall.dll");
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "PidFdProcess.sln")))
        {
            root = root.Parent;
        }

        if (root is null)
        {
            return "there are no sources to pack";
        }

        string version = string.Create(CultureInfo.InvariantCulture, $"0.0.1-benchmark.{DateTime.UtcNow.Ticks}");
        string feed = Path.Combine(directory, "feed");
        int? code = Tool.Run(
            "dotnet", ["pack", Path.Combine(root.FullName, "src", "PidFdProcess"), "-o", feed, $"-p:Version={version}"], out string output);
        if (code == 0)
        {
            foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "first-call")))
            {
                File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
            }

            // The package is kept in a folder of its own, so that the machine's cache does not fill with versions.
            code = Tool.Run(
                "dotnet",
                [
                    "build", directory, "-c", "Release", "-o", Path.Combine(directory, "out"), $"-p:PidFdProcessVersion={version}",
                    $"-p:RestoreAdditionalProjectSources={feed}", $"-p:RestorePackagesPath={Path.Combine(directory, "packages")}",
                ],
                out output);
        }

        return code == 0 ? null : $"the program cannot be built: {output.Trim()}";
    }
}
