using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Running;
using PidFdProcess;
using PidFdProcess.Benchmarks;
using PidFdProcess.Benchmarks.Measuring;
using PidFdProcess.Benchmarks.Micro;
using PidFdProcess.Benchmarks.Output;
using PidFdProcess.Benchmarks.Scenarios;
using PidFdProcess.Benchmarks.Work;

if (args is ["--worker", string implementation, string window, .. string[] children])
{
    Console.Out.Write(JsonSerializer.Serialize(PendingCost.Measure(
        implementation,
        TimeSpan.FromMilliseconds(double.Parse(window, CultureInfo.InvariantCulture)),
        children is [string program, _] ? program : null,
        children is [_, string count] ? int.Parse(count, CultureInfo.InvariantCulture) : 0)));
    return 0;
}

if (args is ["--implementation", string name])
{
    OnCommand.Run(name);
    return 0;
}

if (args is ["--spin", string threads])
{
    Spinning.Run(int.Parse(threads, CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["--micro", .. string[] forBenchmarkDotNet])
{
    BenchmarkSwitcher.FromTypes([typeof(CallBenchmarks)]).Run(["--filter", "*", .. forBenchmarkDotNet]);
    return 0;
}

if (Options.Parse(args) is not { } options)
{
    Console.Error.WriteLine(Options.Usage);
    return 1;
}

if (!ProcessHandleRegistry.Default.Support.IsSupported)
{
    Console.Error.WriteLine($"There is nothing to compare: {ProcessHandleRegistry.Default.Support}");
    return 1;
}

string load = File.ReadAllText("/proc/loadavg").TrimEnd();
List<string> notes = [];
if (double.Parse(load.Split(' ')[0], CultureInfo.InvariantCulture) > 1)
{
    notes.Add("the machine was busy before the run, so ratios and percentiles say little");
}

List<Row> rows = [];
RawCalls.AllowDescriptors(options.Sizes.ManyWaits + 1_000);
using Floor? floor = Floor.TryStart(out string? skipped);
if (skipped is not null)
{
    notes.Add(skipped);
}

Sizes sizes = options.Sizes;
void Measure(string scenario, Func<IEnumerable<Row>> run)
{
    if (scenario.Contains(options.Only, StringComparison.Ordinal))
    {
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            rows.AddRange(run());
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // The others took minutes, and their results are worth keeping.
            notes.Add($"{scenario} has failed: {e.Message}");
        }

        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scenario}: {watch.Elapsed.TotalSeconds:0.0} s"));
    }
}

Measure("calls", () => Calls.Run(sizes));
Measure("latency-blocking", () => [ExitLatency.Blocking(sizes, floor)]);
Measure("latency-pending", () => [ExitLatency.Pending(sizes, floor)]);
Measure("latency-busy", () => [ExitLatency.Busy(sizes, floor)]);
Measure("latency-starved", () => [ExitLatency.Starved(sizes)]);
Measure("latency-idle", () => [ExitLatency.Idle(sizes)]);
Measure("latency-non-child", () => [ExitLatency.NonChild(sizes, floor)]);
Measure("kill-all", () => KillAll.Run(sizes, floor));
Measure("short", () => ShortProcesses.Run(sizes, floor));
Measure("first-call", () => FirstCall.Run(sizes, notes));
Measure("pending", () => PendingWaits.Run(sizes, floor, notes));
Measure("many", () => PendingWaits.Many(sizes, floor, notes));
Measure("tree-small", () => [TreeKill.Small(sizes, floor, notes)]);
Measure("tree-large", () => TreeKill.Large(sizes, floor, notes));
if (!options.IsSmoke)
{
    Measure("peers", () => Peers.Run(sizes, floor, notes));
}

Directory.CreateDirectory(options.OutputDirectory);
JsonReport.Write(Path.Combine(options.OutputDirectory, "results.json"), rows, notes, load);
Pictures.Draw(options.OutputDirectory, rows);
using (StreamWriter file = new(Path.Combine(options.OutputDirectory, "results.md")))
{
    file.WriteLine("# Results of the last run\n");
    Tables.Write(file, rows, [.. notes, $"load before (1, 5, 15 minutes): {load}"]);
}

Console.WriteLine(File.ReadAllText(Path.Combine(options.OutputDirectory, "results.md")));
Console.WriteLine($"results.json, results.md and pictures: {Path.GetFullPath(options.OutputDirectory)}");
return 0;
