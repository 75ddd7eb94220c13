using System.Diagnostics;
using PidFdProcess.Handles;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>
/// The implementations of a scenario, each in a process of its own. What a program has compiled and which threads it has are then its own,
/// as in a program that uses one of them.
/// </summary>
internal sealed class Implementations(Floor? floor) : IDisposable
{
    private readonly Dictionary<string, Measurer> _processes = [];

    /// <summary>Has them measure something in turns.</summary>
    public Series[] Measure(
        int warmUp, int turns, double nanosecondsPerUnit, params IEnumerable<(string Implementation, string Command)> commands) => Interleaver.Run(
        warmUp, turns, [.. commands.Where(each => floor is not null || each.Implementation != Implementation.Floor).Select(each =>
        {
            Func<string, double[]> measure = each.Implementation == Implementation.Floor ? floor!.Measure : Process(each.Implementation).Measure;
            return (each.Implementation, (Func<IEnumerable<double>>)(() => measure(each.Command).Select(ns => ns / nanosecondsPerUnit)));
        })]);

    public void Dispose()
    {
        foreach (Measurer process in _processes.Values)
        {
            process.Dispose();
        }
    }

    private Measurer Process(string implementation)
    {
        if (!_processes.TryGetValue(implementation, out Measurer? process))
        {
            ProcessStartInfo program = Worker.Program("--implementation", implementation);
            program.Environment[InlineCompletions.Variable] = implementation == Implementation.Inline ? "1" : "0";
            process = _processes[implementation] = new Measurer(program);
        }

        return process;
    }
}
