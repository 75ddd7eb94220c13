using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;
using PidFdProcess.Linux;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>
/// The kill of a tree of shells and their children, on a machine with many others. Each turn's kill is made by another program, which can be ended:
/// stock lists all processes again for every member, and takes minutes for a large tree.
/// </summary>
internal static class TreeKill
{
    private const int SigKill = 9;

    public static Row Run(Sizes sizes, Floor? floor, List<string> notes)
    {
        int side = sizes.TreeSide;
        int members = 1 + side + (side * side);
        using Nursery others = new(floor?.Program, sizes.TreeOthers);
        return new Row(
                string.Create(
                    CultureInfo.InvariantCulture, $"tree kill of {members:N0} among {sizes.TreeOthers:N0} others, until all have exited"),
                "ms",
                Turns.Run(warmUp: 0, sizes.TreeTurns, [.. ((string[])[Contender.Stock, Contender.PidFd]).Select(contender =>
                    (contender, (Func<IEnumerable<double>>)(() => [Kill(contender, side, members, sizes.TreeLimit, notes)])))]))
            .Promise(Contender.PidFd, Contender.Stock, 0.10);
    }

    /// <summary>Kills the tree whose root's PID comes by stdin.</summary>
    public static void KillAsWorker(string contender)
    {
        Console.Out.WriteLine("ready");
        using Process root = Process.GetProcessById(int.Parse(Console.In.ReadLine()!, CultureInfo.InvariantCulture));
        if (contender == Contender.Stock)
        {
            root.Kill(entireProcessTree: true);
        }
        else
        {
            root.KillViaPidFd(entireProcessTree: true);
        }
    }

    private static double Kill(string contender, int side, int members, TimeSpan limit, List<string> notes)
    {
        string loop = $"i=0; while [ $i -lt {side} ]; do";
        string branch = $"{loop} sleep 1000 </dev/null >/dev/null & echo $!; i=$((i+1)); done; echo $$; wait";
        using Process root = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"{loop} sh -c '{branch}' & i=$((i+1)); done; echo $$; wait"]) { RedirectStandardOutput = true })!;
        SafePidFdHandle[] pidFds = new SafePidFdHandle[members];
        for (int i = 0; i < members; i++)
        {
            pidFds[i] = RawCalls.Open(int.Parse(root.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        }

        using Process worker = Worker.Start("--tree-worker", contender);
        worker.StandardOutput.ReadLine();
        long start = Stopwatch.GetTimestamp();
        worker.StandardInput.WriteLine(root.Id);
        bool done = Array.TrueForAll(pidFds, pidFd => HasExited(pidFd, start, limit));
        double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (!done)
        {
            notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"tree kill of {members:N0}: {contender} was not done after {limit.TotalSeconds:0} s and was ended then"));
            worker.Kill();
            Array.ForEach(pidFds, static pidFd => RawCalls.SendSignal(pidFd, SigKill));
            Array.ForEach(pidFds, pidFd => HasExited(pidFd, Stopwatch.GetTimestamp(), limit));
        }

        Array.ForEach(pidFds, static pidFd => pidFd.Dispose());
        worker.WaitForExit();
        root.WaitForExit();
        return took;
    }

    private static bool HasExited(SafePidFdHandle pidFd, long start, TimeSpan limit)
    {
        TimeSpan left;
        while ((left = limit - Stopwatch.GetElapsedTime(start)) > TimeSpan.Zero)
        {
            if (RawCalls.Poll(pidFd, (int)left.TotalMilliseconds + 1))
            {
                return true;
            }
        }

        return RawCalls.Poll(pidFd, 0);
    }
}
