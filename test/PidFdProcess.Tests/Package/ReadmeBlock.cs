using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>A block of C# in a README, as a source file of a consumer.</summary>
/// <remarks>
/// A block with <c>using</c> directives must get by with them. Other blocks are fragments and get the usual ones. Variables that a fragment does not
/// declare are those of <see cref="Context"/>. The compiler's messages name the line of the README.
/// </remarks>
internal sealed partial record ReadmeBlock(string File, int Line, string Heading, string Code)
{
    /// <summary>What the reader's program has before a fragment begins.</summary>
    public const string Context = """
        using System.Diagnostics;

        internal static class Context
        {
            internal static readonly Process process = Process.GetCurrentProcess();
            internal static readonly Process[] processes = [process];
            internal static readonly int pid = process.Id;
            internal static readonly CancellationToken cancellationToken = default;
        }
        """;

    /// <summary>Gets the name of its class and file.</summary>
    public string Name => "Block" + Regex.Replace($"{File}{Line}", "[^A-Za-z0-9]", "_");

    /// <summary>Gets where it is.</summary>
    public string Location => $"{File}:{Line}";

    /// <summary>Finds all blocks of all READMEs.</summary>
    public static IReadOnlyList<ReadmeBlock> FindAll() =>
    [
        .. RepositoryFiles.Enumerate("", "README.md")
            .SelectMany(static file => Parse(RepositoryFiles.Relative(file), System.IO.File.ReadAllText(file))),
    ];

    /// <summary>Finds the blocks of one text.</summary>
    public static IEnumerable<ReadmeBlock> Parse(string file, string text)
    {
        foreach (Match block in Fence().Matches(text))
        {
            string before = text[..block.Groups["code"].Index];
            yield return new ReadmeBlock(
                file,
                before.Count(static c => c == '\n') + 1,
                HeadingLine().Matches(before).LastOrDefault()?.Groups["heading"].Value ?? "",
                block.Groups["code"].Value);
        }
    }

    /// <summary>Makes a source file whose class has a method <c>RunAsync</c> with the statements, followed by the types.</summary>
    public string ToSource()
    {
        StringBuilder usings = new(), statements = new(), types = new();
        int line = Line;
        bool areTypes = false;
        foreach (string text in Code.Split('\n'))
        {
            areTypes |= TypeDeclaration().IsMatch(text);
            StringBuilder target = UsingDirective().IsMatch(text) ? usings : areTypes ? types : statements;
            target.Append(CultureInfo.InvariantCulture, $"#line {line++} \"{File}\"\n{text}\n");
        }

        if (usings.Length == 0)
        {
            usings.Append("using System.Diagnostics;\nusing System.Runtime.InteropServices;\nusing PidFdProcess;\n");
        }

        return $$"""
            #pragma warning disable CS1998 // A fragment need not await.
            {{usings}}
            using static Context;

            internal static class {{Name}}
            {
                internal static async Task RunAsync(string[] args)
                {
            {{statements}}
                }
            }

            {{types}}
            """;
    }

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#+ (?<heading>.*)$", RegexOptions.Multiline)]
    private static partial Regex HeadingLine();

    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^((public|internal|sealed|static|abstract|readonly) )*(class|record|struct|interface|enum) ")]
    private static partial Regex TypeDeclaration();
}
