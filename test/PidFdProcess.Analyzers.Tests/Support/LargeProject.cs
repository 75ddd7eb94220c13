using System.Globalization;
using System.Text;

namespace PidFdProcess.Analyzers.Tests.Support;

/// <summary>The sources of a project of ordinary size, in which one file of ten uses processes.</summary>
internal static class LargeProject
{
    public const int FileCount = 500;

    /// <summary>How many stock calls the project has.</summary>
    public const int StockCallCount = FileCount / FilesPerUse * StockCallsPerUse;

    private const int FilesPerUse = 10;
    private const int StockCallsPerUse = 4;
    private const int MethodsPerClass = 8;

    private const string Head = """
        namespace App.Part{0};

        internal sealed class Class{1}
        {{
            private readonly Dictionary<string, List<int>> _items = [];

        """;

    private const string Method = """
            public int Method{0}(string key, IEnumerable<int> values)
            {{
                if (!_items.TryGetValue(key, out List<int>? list))
                {{
                    _items[key] = list = new List<int>();
                }}

                foreach (int value in values.Where(each => each % {1} == 0).Select(each => each * {2}).OrderBy(each => each))
                {{
                    list.Add(value);
                    Console.WriteLine($"{{key}}: {{value}} of {{list.Count}}");
                }}

                return list.Sum() + key.Length + Math.Max(list.Count, {0});
            }}

        """;

    // The calls in the second method have names of stock calls, and are none.
    private const string Use = """
            public async Task StopAsync(System.Diagnostics.Process process)
            {
                process.Kill(true);
                await process.WaitForExitAsync();
                using System.Diagnostics.Process other = System.Diagnostics.Process.Start("true");
                other.WaitForExit(1000);
            }

            public void Work(Task task, System.Diagnostics.Stopwatch watch)
            {
                task.Start();
                watch.Start();
            }

        """;

    private static readonly CompositeFormat s_head = CompositeFormat.Parse(Head);
    private static readonly CompositeFormat s_method = CompositeFormat.Parse(Method);

    public static (string Path, string Text)[] Files() => [.. Enumerable.Range(0, FileCount).Select(static i => ($"/app/Class{i}.cs", TextOf(i)))];

    private static string TextOf(int index)
    {
        StringBuilder text = new();
        text.AppendFormat(CultureInfo.InvariantCulture, s_head, index % 20, index);
        for (int i = 0; i < MethodsPerClass; i++)
        {
            text.AppendFormat(CultureInfo.InvariantCulture, s_method, i, i + 2, index + 1);
        }

        return text.Append(index % FilesPerUse == 0 ? Use : "").Append("}\n").ToString();
    }
}
