using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>What the READMEs say about code, commands and links.</summary>
[TestClass]
public sealed partial class ReadmeTests
{
    /// <summary>Builds before the first test, whose time is limited. A failure here fails the test that needs the build.</summary>
    [ClassInitialize]
    public static async Task Build(TestContext _) =>
        await ((Task)ReadmeProgram.GetAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [TestMethod]
    public async Task EveryCSharpBlock_CompilesAgainstThePackage()
    {
        string[] leftOut = [.. (await ReadmeProgram.GetAsync()).LeftOut];

        if (leftOut.Length > 0)
        {
            Assert.Inconclusive("All others compile. Left out: " + string.Join('\n', leftOut));
        }
    }

    [TestMethod]
    public void ReadmeOfTheRepository_HasAtMost150Lines_FiveSnippetsAndTheTestCommand()
    {
        string text = Read("README.md");

        Assert.IsLessThanOrEqualTo(150, text.Split('\n').Length - 1);
        Assert.IsGreaterThanOrEqualTo(5, ReadmeBlock.Parse("README.md", text).Count());
        Assert.IsTrue(Regex.IsMatch(text, "^dotnet test( +#.*)?$", RegexOptions.Multiline), "The README names the test command.");
        Assert.IsTrue(Regex.IsMatch(Read(".ci/run"), @"^dotnet test\b", RegexOptions.Multiline), ".ci/run calls it.");
    }

    [TestMethod]
    public void BothTablesOfReplacements_AreTheSame() => Assert.AreEqual(
        ReplacementsOf(Read("README.md")), ReplacementsOf(Read("src/PidFdProcess/README.md")));

    /// <summary>A method in a table or a sentence that the compiler does not see.</summary>
    [TestMethod]
    public void EveryMethodThatIsNamed_Exists()
    {
        HashSet<string> members =
        [
            .. typeof(ProcessHandleRegistry).Assembly.GetExportedTypes()
                .SelectMany(static type => type.GetMembers())
                .Select(static member => member.Name),
        ];
        string[] missing =
        [
            .. RepositoryFiles.Enumerate("", "README.md")
                .SelectMany(static file => OwnMember().Matches(File.ReadAllText(file)))
                .Where(match => !members.Contains(match.Groups["name"].Value)
                    && !(match.Groups["open"].Success && members.Any(name => name.StartsWith(match.Groups["name"].Value, StringComparison.Ordinal))))
                .Select(static match => match.Value)
                .Distinct(),
        ];

        Assert.IsEmpty(missing, string.Join(", ", missing));
    }

    [TestMethod]
    public void EveryLinkToAFile_LeadsThere()
    {
        string[] broken =
        [
            .. RepositoryFiles.Enumerate("", "*.md")
                .SelectMany(static file => Link().Matches(File.ReadAllText(file)).Select(link => (File: file, Target: link.Groups["target"].Value)))
                .Where(static link => !Path.Exists(Path.Combine(Path.GetDirectoryName(link.File)!, link.Target)))
                .Select(static link => $"{RepositoryFiles.Relative(link.File)}: {link.Target}"),
        ];

        Assert.IsEmpty(broken, string.Join('\n', broken));
    }

    /// <summary>
    /// Runs the commands of the section as written, the first two in a clone and the last one in a project, with a home of its own.
    /// </summary>
    [TestMethod]
    [Timeout(600_000)]
    public async Task InstallAsWritten_FromAClone_AddsAPackageThatRuns()
    {
        string[] commands =
        [
            .. Regex.Match(Read("README.md"), "^## Install\n+```sh\n(.*?)\n```", RegexOptions.Multiline | RegexOptions.Singleline)
                .Groups[1].Value.Split('\n'),
        ];
        Assert.HasCount(3, commands);
        PackedLibrary library = await PackedLibrary.SharedAsync();
        string folder = Directory.CreateDirectory(Path.Combine(library.Folder, "install")).FullName;
        string project = Directory.CreateDirectory(Path.Combine(folder, "project")).FullName;
        Dictionary<string, string?> environment = new(PackedLibrary.Environment)
        {
            ["HOME"] = folder,
            ["DOTNET_CLI_HOME"] = folder,
            ["NUGET_PACKAGES"] = Path.Combine(folder, "packages"),
        };
        File.WriteAllText(Path.Combine(project, "Program.cs"), """
            using PidFdProcess;

            Console.WriteLine(ProcessHandleRegistry.Default.Support.IsSupported);
            """);
        File.WriteAllText(Path.Combine(project, "Project.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
            </Project>
            """);

        await ToolRun.SucceedAsync("/bin/sh", ["-c", commands[0]], library.Sources, environment);
        await ToolRun.SucceedAsync("/bin/sh", ["-c", commands[1]], library.Sources, environment);
        ToolRun add = await ToolRun.RunAsync("/bin/sh", ["-c", commands[2]], project, environment);
        if (add.Output.Contains("NU1301", StringComparison.Ordinal))
        {
            Assert.Inconclusive($"The package source cannot be reached: {add.Output}");
        }

        Assert.AreEqual(0, add.ExitCode, add.Output + add.Errors);
        ToolRun run = await ToolRun.SucceedAsync(ToolRun.DotNet, ["run"], project, environment);
        Assert.AreEqual("True", run.Output.Trim());
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(RepositoryFiles.Root, file));

    private static string ReplacementsOf(string text)
    {
        Match table = Regex.Match(text, @"^\| your call \| our call \|\n(\|.*\n)+", RegexOptions.Multiline);
        Assert.IsTrue(table.Success);
        return table.Value;
    }

    /// <summary>Names with the library's suffix, or with its registry in front. "..." after a name stands for the rest of it.</summary>
    [GeneratedRegex(@"\b(?<name>\w+(PidFd|PidFdAsync))(?<open>\.\.\.)?(?=[`(<])|ProcessHandleRegistry\.Default\.(?<name>\w+)")]
    private static partial Regex OwnMember();

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)(?<target>[^)#]+)")]
    private static partial Regex Link();
}
