using System.Diagnostics;
using PidFdProcess.Handles;

namespace PidFdProcess.Benchmarks.Measuring;

/// <summary>
/// Those who take part in a scenario, each in a process of its own, as the floor is: a program uses one of them, and what it compiled and
/// which threads it has are its own.
/// </summary>
internal sealed class Contenders(Floor? floor) : IDisposable
{
    private readonly Dictionary<string, Measurer> _processes = [];

    /// <summary>Has them measure something in turns.</summary>
    public Series[] Measure(
        int warmUp, int turns, double nanosecondsPerUnit, params IEnumerable<(string Contender, string Command)> commands) => Turns.Run(
        warmUp, turns, [.. commands.Where(each => floor is not null || each.Contender != Contender.Floor).Select(each =>
        {
            Func<string, double[]> measure = each.Contender == Contender.Floor ? floor!.Measure : Process(each.Contender).Measure;
            return (each.Contender, (Func<IEnumerable<double>>)(() => measure(each.Command).Select(ns => ns / nanosecondsPerUnit)));
        })]);

    public void Dispose()
    {
        foreach (Measurer process in _processes.Values)
        {
            process.Dispose();
        }
    }

    private Measurer Process(string contender)
    {
        if (!_processes.TryGetValue(contender, out Measurer? process))
        {
            ProcessStartInfo program = Worker.Program("--contender", contender);
            program.Environment[InlineCompletions.Variable] = contender == Contender.Inline ? "1" : "0";
            process = _processes[contender] = new Measurer(program);
        }

        return process;
    }
}
