using System.Runtime.InteropServices;
using System.Text.Json;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Output;

/// <summary>The results for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Write(string path, IReadOnlyList<Row> rows, IReadOnlyList<string> notes, string loadBefore) =>
        File.WriteAllText(path, JsonSerializer.Serialize(
            new
            {
                System = RuntimeInformation.OSDescription,
                Kernel = Environment.OSVersion.Version.ToString(3),
                Processor = File.ReadLines("/proc/cpuinfo")
                    .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1],
                Runtime = RuntimeInformation.FrameworkDescription,
                Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
                Environment.ProcessorCount,
                LoadBefore = loadBefore,
                Notes = notes,
                Rows = rows.Select(static row => new
                {
                    row.Work,
                    row.Unit,
                    Implementations = row.Series.Select(static series => new
                    {
                        Name = series.Implementation,
                        series.Median,
                        series.P99,
                        Samples = series.Count,
                    }),
                    Bounds = row.Bounds.Select(static bound => new
                    {
                        bound.What,
                        bound.Value,
                        bound.Lowest,
                        bound.Highest,
                        bound.Limit,
                        bound.IsReached,
                    }),
                }),
            },
            s_options));
}
