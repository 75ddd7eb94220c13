using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks;

/// <summary>What the caller asked for.</summary>
internal sealed record Options(Sizes Sizes, string OutputDirectory, string Only, bool IsSmoke = false)
{
    public const string Usage = """
        dotnet run -c Release --project test/PidFdProcess.Benchmarks [-- options]
          --quick         less of everything, a few minutes
          --smoke         only shows that everything runs that needs no other toolchain, under a minute
          --only TEXT     the scenarios whose name contains it: calls, latency-blocking, latency-pending, latency-busy,
                          latency-starved, latency-idle, latency-non-child, kill-all, short, first-call, pending, many,
                          tree-small, tree-large, peers
          --out FOLDER    where results.json and the pictures go; by default artifacts/benchmarks
          --micro         the calls by BenchmarkDotNet, with its allocation columns
        """;

    /// <summary>Reads the arguments. Returns <see langword="null"/> if they make no sense.</summary>
    public static Options? Parse(string[] args)
    {
        Options options = new(Sizes.Full, Path.Combine("artifacts", "benchmarks"), "");
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Sizes = Sizes.Quick };
                    break;
                case "--smoke":
                    options = options with { Sizes = Sizes.Smoke, IsSmoke = true };
                    break;
                case "--only" when i + 1 < args.Length:
                    options = options with { Only = args[++i] };
                    break;
                case "--out" when i + 1 < args.Length:
                    options = options with { OutputDirectory = args[++i] };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
