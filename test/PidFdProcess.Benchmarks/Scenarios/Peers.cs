using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// Other languages' own ways, where a toolchain is there: each prints a line of nanoseconds from kill to known status, and the threads it
/// has while 1,000 waits are pending. They measure after the others, not in turns with them.
/// </summary>
internal static class Peers
{
    private const int Waits = 1_000;

    public static IEnumerable<Row> Run(Sizes sizes, List<string> notes)
    {
        string directory = Directory.CreateTempSubdirectory("pidfd-peers").FullName;
        string Source(string name) => Path.Combine(AppContext.BaseDirectory, "peers", name);
        string program = Path.Combine(directory, "peer");
        int count = sizes.LatencyTurns * 10;
        (string Name, (string, string) Version, (string, string[])? Compile, (string, string[]) Run)[] peers =
        [
            ("Go os", ("go", "version"), ("go", ["build", "-o", program + "-go", Source("peer.go")]), (program + "-go", [])),
            ("Rust std", ("rustc", "--version"), ("rustc", ["-O", "-o", program + "-rs", Source("peer.rs")]), (program + "-rs", [])),
            ("Python asyncio", ("python3", "--version"), null, ("python3", [Source("peer.py")])),
        ];

        List<Series> latency = [];
        List<Series> threads = [];
        foreach ((string name, (string Program, string Argument) version, (string Program, string[] Arguments)? compile,
            (string Program, string[] Arguments) run) in peers)
        {
            string output = "";
            int? code = compile is { } compiler ? Tool.Run(compiler.Program, compiler.Arguments, out output) : 0;
            string[] arguments = [.. run.Arguments, count.ToString(CultureInfo.InvariantCulture), Waits.ToString(CultureInfo.InvariantCulture)];
            code = code == 0 ? Tool.Run(run.Program, arguments, out output) : code;
            if (code != 0)
            {
                notes.Add(code is null ? $"{name} is skipped: there is no toolchain" : $"{name} is skipped: {output.Trim()}");
                continue;
            }

            _ = Tool.Run(version.Program, [version.Argument], out string versionText);
            notes.Add($"{name}: {versionText.Trim()}");
            string[] lines = output.Split('\n');
            latency.Add(From(name, lines[0], 1000));
            threads.Add(From(name, lines[1], 1));
        }

        Directory.Delete(directory, recursive: true);
        return latency.Count == 0
            ? []
            :
            [
                new Row("peers: kill, wait, status (child)", "µs", [.. latency]),
                new Row("peers: threads with 1,000 pending waits", "threads", [.. threads]),
            ];
    }

    private static Series From(string name, string line, double divisor)
    {
        Series series = new(name);
        series.Add(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(
            value => double.Parse(value, CultureInfo.InvariantCulture) / divisor));
        return series;
    }
}
