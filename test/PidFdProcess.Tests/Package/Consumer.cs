using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>A program that uses the package as any program does, from a feed. It has a package cache of its own.</summary>
internal sealed class Consumer
{
    private const string Program = """
        using System.Diagnostics;
        using PidFdProcess;

        using Process process = Process.Start("/bin/sleep", "1000");
        Task exit = process.WaitForExitPidFdAsync();
        process.KillViaPidFd();
        await exit;
        Console.WriteLine($"exit code {process.ExitCode}, pidfds {ProcessHandleRegistry.Default.Support.IsSupported}");
        """;

    private readonly string _folder;
    private readonly Dictionary<string, string?> _environment;

    /// <summary>Writes the sources of a program for one target framework. They are the source above, or the given files.</summary>
    /// <param name="library">The package.</param>
    /// <param name="framework">The target framework.</param>
    /// <param name="sources">The contents of the source files by their names.</param>
    /// <param name="packages">The versions of further packages by their names.</param>
    public Consumer(
        PackedLibrary library,
        string framework,
        IReadOnlyDictionary<string, string>? sources = null,
        IReadOnlyDictionary<string, string>? packages = null)
    {
        _folder = Directory.CreateDirectory(Path.Combine(library.Folder, "consumer-" + Guid.NewGuid().ToString("N"))).FullName;
        _environment = new Dictionary<string, string?>(PackedLibrary.Environment)
        {
            ["NUGET_PACKAGES"] = Path.Combine(library.Folder, "packages"),
        };
        foreach ((string name, string source) in sources ?? new Dictionary<string, string> { ["Program.cs"] = Program })
        {
            File.WriteAllText(Path.Combine(_folder, name), source);
        }

        string references = string.Concat(
            (packages ?? new Dictionary<string, string>()).Select(static package =>
                $"""<PackageReference Include="{package.Key}" Version="{package.Value}" />"""));
        File.WriteAllText(Path.Combine(_folder, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <UseAppHost Condition="'$(SelfContained)' != 'true'">false</UseAppHost>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="PidFdProcess" Version="{library.Version}" />
                {references}
              </ItemGroup>
            </Project>
            """);

        LocalFeed.AddTo(_folder, library.Feed);
    }

    /// <summary>Gets the program that was built, for <c>dotnet exec</c>.</summary>
    public string Dll => Path.Combine(_folder, "out", "Consumer.dll");

    /// <summary>Gets the path of a file that the project or its output has.</summary>
    public string PathOf(params string[] names) => Path.Combine([_folder, .. names]);

    /// <summary>Runs a command of the SDK on the project.</summary>
    public Task<ToolRun> DotNetAsync(params string[] arguments) => ToolRun.RunAsync(ToolRun.DotNet, arguments, _folder, _environment);

    /// <summary>Builds, and fails the test with the output if that fails or warns.</summary>
    public async Task BuildAsync(params string[] arguments)
    {
        ToolRun build = await DotNetAsync(["build", "-o", "out", .. arguments]);
        Assert.AreEqual(0, build.ExitCode, build.Output + build.Errors);
        Assert.DoesNotContain("warning", build.Output);
    }

    /// <summary>Runs the program that was built, on this runtime whatever its framework.</summary>
    public Task<string> RunAsync(string? disabled = null) => RunAsync([], Disabled(disabled));

    public async Task<string> RunAsync(string[] arguments, IReadOnlyDictionary<string, string?> environment)
    {
        ToolRun run = await ToolRun.SucceedAsync(
            ToolRun.DotNet, ["exec", "--roll-forward", "Major", Dll, .. arguments], _folder, environment);
        return run.Output.Trim();
    }

    /// <summary>Runs the self-contained program that was published.</summary>
    public async Task<string> RunPublishedAsync() =>
        (await ToolRun.SucceedAsync(Path.Combine(_folder, "out", "Consumer"), [], _folder, Disabled(null))).Output.Trim();

    private static Dictionary<string, string?> Disabled(string? value) => new() { [PidFdSupport.DisabledVariable] = value };
}
