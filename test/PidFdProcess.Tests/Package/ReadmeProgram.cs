using System.Globalization;
using System.Text;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>One program of all C# blocks of all READMEs, built once against the package. Its first argument says which block it runs.</summary>
internal sealed class ReadmeProgram
{
    private static readonly Dictionary<string, string> s_packages = new()
    {
        ["CliWrap"] = "3.10.5",
        ["Microsoft.Extensions.Hosting"] = "10.0.12",
    };

    private static readonly Lazy<Task<ReadmeProgram>> s_built = new(BuildAsync);

    private readonly IReadOnlyList<ReadmeBlock> _blocks;
    private readonly Consumer _consumer;
    private readonly string _withoutPackages;

    private ReadmeProgram(IReadOnlyList<ReadmeBlock> blocks, Consumer consumer, string withoutPackages)
    {
        _blocks = blocks;
        _consumer = consumer;
        _withoutPackages = withoutPackages;
    }

    /// <summary>Gets the blocks that were not compiled, each with the reason.</summary>
    public IEnumerable<string> LeftOut =>
        _blocks.Select(block => WhyNot(block) is { } reason ? $"{block.Location}: {reason}" : null).OfType<string>();

    /// <summary>Builds the program once for all tests of a run. The test fails if a block does not compile.</summary>
    public static Task<ReadmeProgram> GetAsync() => s_built.Value;

    /// <summary>Starts the block under a heading of the package's README.</summary>
    public RecipeRun Start(string heading, params string[] arguments) => StartBy(ToolRun.DotNet, heading, arguments);

    /// <summary>Starts the block through the given path of <c>dotnet</c>, from which the process has its name.</summary>
    public RecipeRun StartBy(string host, string heading, params string[] arguments)
    {
        ReadmeBlock block = _blocks.Single(block => block.File == "src/PidFdProcess/README.md" && block.Heading == heading);
        if (WhyNot(block) is { } reason)
        {
            Assert.Inconclusive($"{block.Location}: {reason}");
        }

        return new RecipeRun(host, ["exec", _consumer.Dll, block.Name, .. arguments]);
    }

    private static async Task<ReadmeProgram> BuildAsync()
    {
        IReadOnlyList<ReadmeBlock> blocks = ReadmeBlock.FindAll();
        PackedLibrary library = await PackedLibrary.SharedAsync();

        ReadmeProgram program = new(blocks, Write(blocks, s_packages), "");
        ToolRun restore = await program._consumer.DotNetAsync("restore");
        if (restore.ExitCode != 0)
        {
            Consumer without = Write(blocks.Where(static block => !NeedsPackage(block)), new Dictionary<string, string>());
            program = new(blocks, without, $"it needs packages that cannot be restored: {restore.Output}");
        }

        await program._consumer.BuildAsync();
        return program;

        Consumer Write(IEnumerable<ReadmeBlock> compiled, IReadOnlyDictionary<string, string> packages)
        {
            Dictionary<string, string> sources = new() { ["Context.cs"] = ReadmeBlock.Context };
            StringBuilder cases = new();
            foreach (ReadmeBlock block in compiled)
            {
                sources.Add(block.Name + ".cs", block.ToSource());
                cases.Append(CultureInfo.InvariantCulture, $"    nameof({block.Name}) => {block.Name}.RunAsync(args[1..]),\n");
            }

            sources.Add("Program.cs", $$"""
                await (args[0] switch
                {
                {{cases}}    _ => throw new ArgumentException(args[0]),
                });
                """);
            return new Consumer(library, "net10.0", sources, packages);
        }
    }

    private static bool NeedsPackage(ReadmeBlock block) =>
        s_packages.Keys.Any(name => block.Code.Contains($"using {name};", StringComparison.Ordinal));

    private string? WhyNot(ReadmeBlock block) =>
        _withoutPackages.Length > 0 && NeedsPackage(block) ? _withoutPackages
        : null;
}
