using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// What other languages and tools have for this, where their toolchain is there. Each program prints three lines: the nanoseconds from the kill
/// to the known status, its threads while waits are pending, and what it can say of a non-child. They measure after the others, not in turns.
/// </summary>
internal static class Peers
{
    private const int Waits = 1_000;
    private const string Tokio = "/usr/share/cargo/registry";

    public static IEnumerable<Row> Run(Sizes sizes, Floor? floor, List<string> notes)
    {
        string directory = Directory.CreateTempSubdirectory("pidfd-peers").FullName;
        List<Series> latency = [];
        List<Series> threads = [];
        foreach (Peer peer in All(directory))
        {
            if (!peer.TryBuild(out string? output))
            {
                notes.Add($"{peer.Name} is skipped: {output}");
                continue;
            }

            using ForeignProcessPool pool = new(floor?.Program, 1);
            string[] arguments = [.. peer.Arguments, .. ((int[])[sizes.LatencyTurns * 10, Waits, pool.Ids[0]]).Select(Rows.Argument)];
            if (Tool.Run(peer.Program, arguments, out output) != 0)
            {
                notes.Add($"{peer.Name} is skipped: {output.Trim()}");
                continue;
            }

            string[] lines = output.Split('\n');
            notes.Add($"{peer.Name} ({peer.Version}), of a non-child: {lines[2]}");
            latency.Add(From(peer.Name, lines[0], 1000));
            threads.Add(From(peer.Name, lines[1], 1));
        }

        Directory.Delete(directory, recursive: true);
        if (latency.Count > 0)
        {
            yield return new Row("peers, child: kill, wait, status", "µs", [.. latency]);
            yield return new Row("peers: threads with 1,000 pending waits", "threads", [.. threads]);
        }

        if (Tool.Run("waitpid", ["--version"], out string version) is null)
        {
            notes.Add("waitpid is skipped: util-linux has it since 2.39");
            yield break;
        }

        notes.Add($"waitpid ({version.Trim()}), of a non-child: sees the exit, says no status");
        yield return new Row("peers, non-child: kill, until waitpid has ended", "µs", WaitPid(sizes, floor));
    }

    private static IEnumerable<Peer> All(string directory)
    {
        string Source(string name) => Path.Combine(AppContext.BaseDirectory, "peers", name);
        string go = Path.Combine(directory, "go");
        yield return new Peer("Go os/exec", ["go", "version"], [["go", "build", "-o", go, Source("peer.go")]], go);
        yield return new Peer("Node child_process", ["node", "--version"], [], "node", Source("peer.js"));

        // Debian's packages of crates replace the registry.
        string tokio = Path.Combine(directory, "tokio");
        string[] cargo =
        [
            "cargo", "build", "--release", "--offline", "--quiet", "--manifest-path", Path.Combine(tokio, "Cargo.toml"),
            "--config", "source.crates-io.replace-with='debian'", "--config", $"source.debian.directory='{Tokio}'",
        ];
        yield return new Peer(
            "tokio process", ["sh", "-c", $"cd {Tokio} && echo tokio-[0-9]*"], [["cp", "-r", Source("tokio"), tokio], cargo],
            Path.Combine(tokio, "target", "release", "peer"));
        string rust = Path.Combine(directory, "rust");
        yield return new Peer("Rust std", ["rustc", "--version"], [["rustc", "-O", "-o", rust, Source("peer.rs")]], rust);
        yield return new Peer("Python asyncio", ["python3", "--version"], [], "python3", Source("peer.py"));
    }

    private static Series WaitPid(Sizes sizes, Floor? floor)
    {
        Series series = new("util-linux waitpid");
        using ForeignProcessPool pool = new(floor?.Program, sizes.LatencyTurns);
        foreach (int id in pool.Ids)
        {
            using Process wait = Process.Start("waitpid", [Rows.Argument(id)]);
            Children.WaitUntilAsleep(wait.Id);
            long start = Stopwatch.GetTimestamp();
            RawCalls.Kill(id);
            wait.WaitForExit();
            series.Add([Stopwatch.GetElapsedTime(start).TotalMicroseconds]);
        }

        return series;
    }

    private static Series From(string name, string line, double divisor)
    {
        Series series = new(name);
        series.Add(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(
            value => double.Parse(value, CultureInfo.InvariantCulture) / divisor));
        return series;
    }

    private sealed record Peer(string Name, string[] VersionCommand, string[][] Build, string Program, params string[] Arguments)
    {
        public string Version { get; private set; } = "";

        /// <summary>Builds the program, or says why that cannot be done.</summary>
        public bool TryBuild(out string output)
        {
            output = "there is no toolchain";
            if (Run(VersionCommand, out string version) != 0)
            {
                return false;
            }

            Version = version.Trim();
            foreach (string[] command in Build)
            {
                if (Run(command, out output) != 0)
                {
                    output = output.Trim() is { Length: > 0 } text ? text : $"there is no {command[0]}";
                    return false;
                }
            }

            return true;
        }

        private static int? Run(string[] command, out string output) => Tool.Run(command[0], command[1..], out output);
    }
}
