using System.Diagnostics;
using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>The kill of a tree of shells and their children, on a machine with many others.</summary>
internal static class TreeKill
{
    public static Row Run(Sizes sizes, Floor? floor)
    {
        int side = sizes.TreeSide;
        int members = 1 + side + (side * side);
        using Nursery others = new(floor, sizes.TreeOthers);
        return new Row(
                string.Create(CultureInfo.InvariantCulture, $"tree kill of {members:N0} among {sizes.TreeOthers:N0} others, until all have exited"), "ms",
                Turns.Run(warmUp: 0, sizes.TreeTurns,
                    (Contender.Stock, () => Kill(side, members, static root => root.Kill(entireProcessTree: true))),
                    (Contender.PidFd, () => Kill(side, members, static root => Registries.Hop.Kill(root, entireProcessTree: true)))))
            .Promise(Contender.PidFd, Contender.Stock, 0.10);
    }

    private static double[] Kill(int side, int members, Action<Process> kill)
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

        long start = Stopwatch.GetTimestamp();
        kill(root);
        Array.ForEach(pidFds, static pidFd => RawCalls.Poll(pidFd, milliseconds: -1));
        double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Array.ForEach(pidFds, static pidFd => pidFd.Dispose());
        root.WaitForExit();
        return [took];
    }
}
