using Spectre.Console;

namespace QuickStart;

/// <summary>Tables on a terminal, plain lines elsewhere.</summary>
internal static class Screen
{
    public static void Title(string text)
    {
        Line("");
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine(text);
        }
        else
        {
            AnsiConsole.Write(new Rule(Markup.Escape(text)).LeftJustified());
        }
    }

    public static void Line(string text) => Console.WriteLine(text);

    public static void Table(string[] columns, IEnumerable<string[]> rows)
    {
        if (Console.IsOutputRedirected)
        {
            foreach (string[] row in rows)
            {
                Console.WriteLine(string.Join("; ", columns.Zip(row, (column, cell) => $"{column}: {cell}")));
            }

            return;
        }

        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns([.. columns.Select(Markup.Escape)]);
        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>One line on stdout, and the exit code 0.</summary>
    public static int Help(string text)
    {
        Line(text);
        return 0;
    }

    /// <summary>One line on stderr, and the exit code 1.</summary>
    public static int Fail(string text)
    {
        Console.Error.WriteLine(text);
        return 1;
    }
}
