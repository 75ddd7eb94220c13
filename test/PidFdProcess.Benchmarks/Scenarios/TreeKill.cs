using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>The kill of a tree of shells and their children, on a machine with many other processes.</summary>
internal static class TreeKill
{
    /// <summary>A tree of ten, as a build tool or a test host has it.</summary>
    public static Row Small(Sizes sizes, Floor? floor, List<string> notes) =>
        Measure(branches: 3, leaves: 2, sizes.SmallTreeOthers, sizes.SmallTreeTurns, sizes, floor, notes)
            .Promise(Implementation.PidFd, Implementation.Stock, 0.5);

    public static Row Large(Sizes sizes, Floor? floor, List<string> notes) =>
        Measure(sizes.TreeSide, sizes.TreeSide, sizes.TreeOthers, sizes.TreeTurns, sizes, floor, notes)
            .Promise(Implementation.PidFd, Implementation.Stock, 0.10).Promise(Implementation.PidFd, Implementation.Floor, 1.5);

    private static Row Measure(int branches, int leaves, int others, int turns, Sizes sizes, Floor? floor, List<string> notes)
    {
        int members = 1 + branches + (branches * leaves);
        string leaf = $"i=0; while [ $i -lt {leaves} ]; do sleep 1000 </dev/null >/dev/null & echo $!; i=$((i+1)); done; echo $$; wait";
        string script = $"i=0; while [ $i -lt {branches} ]; do sh -c '{leaf}' & i=$((i+1)); done; echo $$; wait";
        string command = $"tree {Rows.Argument(members)} {Rows.Argument((int)sizes.TreeLimit.TotalSeconds)} {script}";

        using ForeignProcessPool pool = new(floor?.Program, others);
        using Implementations all = new(floor);
        Row row = new(
            $"tree kill of {Rows.Number(members)} among {Rows.Number(others)} other processes, until all have exited", "ms", all.Measure(
                warmUp: 0, turns, nanosecondsPerUnit: 1e6,
                (Implementation.Stock, command), (Implementation.PidFd, command), (Implementation.Floor, command)));
        notes.AddRange(
            from series in row.Series where series.Sorted[^1] >= sizes.TreeLimit.TotalMilliseconds
            select $"{row.Work}: {series.Implementation} was not done after {sizes.TreeLimit.TotalSeconds:0} s and was ended then");
        return row;
    }
}
