using System.Globalization;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>A contender's process: reads commands from stdin, answers each with a line of nanoseconds, as the floor in C does.</summary>
internal static class OnCommand
{
    public static void Run(string contender)
    {
        Ways ways = Ways.Of(contender);
        while (Console.In.ReadLine() is { } line)
        {
            Console.Out.WriteLine(string.Join(' ', Measure(ways, line.Split(' ')).Select(static took =>
                took.TotalNanoseconds.ToString("0", CultureInfo.InvariantCulture))));
        }
    }

    private static TimeSpan[] Measure(Ways ways, string[] command) => command switch
    {
        ["kill-wait", string count] => OneAfterAnother.KillAndWait(ways, Number(count)),
        ["kill-await", string count] => OneAfterAnother.KillAndAwait(ways, Number(count)),
        ["apart", string count] => Apart.KillChildren(ways, Number(count)),
        ["apart-foreign", string count, .. string[] floor] => Apart.KillForeign(ways, Number(count), floor.FirstOrDefault()),
        ["drain", string count] => [Many.Drain(ways, Number(count))],
        ["short", string count, string atATime] => [Many.RunShort(ways, Number(count), Number(atATime))],
        _ => throw new ArgumentException($"No such work: {string.Join(' ', command)}."),
    };

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
