using System.Globalization;
using PidFdProcess.Benchmarks.Measuring;
using Spectre.Console;

namespace PidFdProcess.Benchmarks.Output;

/// <summary>The results for people.</summary>
internal static class Tables
{
    private static readonly string[] s_references = [Implementation.Stock, Implementation.Floor, Implementation.Raw, "first 100"];

    /// <summary>Writes the tables, in Markdown, and the notes.</summary>
    public static void Write(TextWriter writer, IReadOnlyList<Row> rows, IEnumerable<string> notes)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });

        // A file has no width to wrap for.
        console.Profile.Width = 250;
        Table figures = Make("work", "implementation", "unit", "median", "p99", "/ stock", "/ C or raw", "samples");
        foreach (Row row in rows)
        {
            string work = row.Work;
            foreach (Series series in row.Series)
            {
                figures.AddRow(
                    work, series.Implementation, row.Unit, Number(series.Median), series.Count >= 50 ? Number(series.P99) : "",
                    Ratio(series, row.Find(Implementation.Stock)),
                    Ratio(series, row.Find(Implementation.Floor) ?? row.Find(Implementation.Raw)),
                    series.Count.ToString(CultureInfo.InvariantCulture));
                work = "";
            }
        }

        Table bounds = Make("goal", "what", "measured", "in fifths of the run", "at most", "");
        foreach (Bound bound in rows.SelectMany(static row => row.Bounds))
        {
            bounds.AddRow(
                bound.Work, bound.What, Number(bound.Value),
                bound is { Lowest: { } low, Highest: { } high } ? $"{Number(low)} to {Number(high)}" : "",
                Number(bound.Limit), bound.IsReached ? "reached" : "NOT REACHED");
        }

        console.Write(figures);
        console.WriteLine();
        console.Write(bounds);
        console.WriteLine();
        foreach (string note in notes)
        {
            console.WriteLine($"- {note}");
        }
    }

    public static string Number(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 => "N0", >= 10 => "0.0", >= 0.1 or 0 => "0.00", _ => "0.0000" }, CultureInfo.InvariantCulture);

    private static string Ratio(Series series, Series? other) =>
        other is null || ReferenceEquals(series, other) || other.Median == 0 || s_references.Contains(series.Implementation)
            ? ""
            : Number(series.Median / other.Median);

    private static Table Make(params string[] columns)
    {
        Table table = new() { Border = TableBorder.Markdown };
        table.AddColumns(columns);
        return table;
    }
}
