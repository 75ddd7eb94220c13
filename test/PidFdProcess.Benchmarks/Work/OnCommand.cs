using System.Globalization;

namespace PidFdProcess.Benchmarks.Work;

/// <summary>
/// The process of an implementation. It reads commands from stdin and answers each with a line of numbers, as the program in C does.
/// </summary>
internal static class OnCommand
{
    public static void Run(string implementation)
    {
        ImplementationCalls calls = ImplementationCalls.Of(implementation);
        while (Console.In.ReadLine() is { } line)
        {
            Console.Out.WriteLine(string.Join(' ', Measure(calls, line.Split(' ')).Select(static number =>
                number.ToString("0", CultureInfo.InvariantCulture))));
        }
    }

    private static IEnumerable<double> Measure(ImplementationCalls calls, string[] command) => command switch
    {
        ["kill-wait", string count] => Nanoseconds(OneAfterAnother.KillAndWait(calls, Number(count))),
        ["kill-await", string count] => Nanoseconds(OneAfterAnother.KillAndAwait(calls, Number(count))),
        ["kill-await-starved", string count] => Nanoseconds(StarvedPool.KillAndAwait(calls, Number(count))),
        ["idle-kill", string count, string warmUp] => Nanoseconds(IdleKill.KillChildren(calls, Number(count), Number(warmUp))),
        ["idle-kill-non-child", string count, string warmUp, .. string[] floor] =>
            Nanoseconds(IdleKill.KillNonChildren(calls, Number(count), Number(warmUp), floor.FirstOrDefault())),
        ["stop-all", string count] => Nanoseconds(Bulk.StopAll(calls, Number(count))),
        ["kill-all", string count] => Nanoseconds(Bulk.KillAll(calls, Number(count))),
        ["when-any", string count] => Nanoseconds(Bulk.KillAllAndWaitForOneAfterAnother(calls, Number(count)).Took),
        ["when-any-bytes", string count] => [Bulk.KillAllAndWaitForOneAfterAnother(calls, Number(count)).Bytes],
        ["short", string count, string atATime] => Nanoseconds(Bulk.RunShort(calls, Number(count), Number(atATime))),
        ["tree", string members, string seconds, .. string[] script] =>
            Nanoseconds(KilledTree.Kill(calls, Number(members), TimeSpan.FromSeconds(Number(seconds)), string.Join(' ', script))),
        _ => throw new ArgumentException($"No such work: {string.Join(' ', command)}."),
    };

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<double> Nanoseconds(params TimeSpan[] times) => times.Select(static time => time.TotalNanoseconds);
}
