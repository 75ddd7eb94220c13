using PidFdProcess.Benchmarks.Measuring;

namespace PidFdProcess.Benchmarks.Scenarios;

/// <summary>The kill of a tree of shells and their children, on a machine with many other processes.</summary>
internal static class TreeKill
{
    /// <summary>A tree of ten, as a build tool or a test host has it.</summary>
    public static Row Small(Sizes sizes, Floor? floor, List<string> notes) =>
        Measure(
            branches: 3, leaves: 2, sizes.SmallTreeOthers, sizes.SmallTreeTurns, sizes, floor, notes,
            Implementation.Stock, Implementation.PidFd, Implementation.Floor)
            .Promise(Implementation.PidFd, Implementation.Stock, 0.5);

    /// <summary>A large tree. The stock kill of it is measured once, because it takes as long as it may.</summary>
    public static IEnumerable<Row> Large(Sizes sizes, Floor? floor, List<string> notes)
    {
        Row Of(int turns, params string[] implementations) =>
            Measure(sizes.TreeSide, sizes.TreeSide, sizes.TreeOthers, turns, sizes, floor, notes, implementations);

        yield return Of(1, Implementation.Stock, Implementation.PidFd).Promise(Implementation.PidFd, Implementation.Stock, 0.10);
        yield return Of(sizes.TreeTurns, Implementation.PidFd, Implementation.Floor).Promise(Implementation.PidFd, Implementation.Floor, 1.5);
    }

    private static Row Measure(int branches, int leaves, int others, int turns, Sizes sizes, Floor? floor, List<string> notes,
        params string[] implementations)
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
                [.. implementations.Select(implementation => (implementation, command))]));
        notes.AddRange(
            from series in row.Series where series.Sorted[^1] >= sizes.TreeLimit.TotalMilliseconds
            select $"{row.Work}: {series.Implementation} was not done after {sizes.TreeLimit.TotalSeconds:0} s and was ended then");
        return row;
    }
}
