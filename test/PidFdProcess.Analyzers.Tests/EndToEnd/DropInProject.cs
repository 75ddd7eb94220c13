using PidFdProcess.Tests.Package;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>A project in a folder of its own that references the packed library, and is built as its owner would build it.</summary>
internal sealed class DropInProject
{
    private readonly Dictionary<string, string?> _environment;

    private bool _isRestored;

    public DropInProject(DropInPackage package, string name = "App", string extension = "csproj")
    {
        Package = package;
        Name = name;
        Folder = Directory.CreateDirectory(Path.Combine(package.Folder, $"dropin-{Guid.NewGuid():N}", name)).FullName;
        File = Path.Combine(Folder, $"{name}.{extension}");
        _environment = new Dictionary<string, string?>(PackedLibrary.Environment)
        {
            ["NUGET_PACKAGES"] = Path.Combine(package.Folder, "packages"),
        };
        LocalFeed.AddTo(Folder, package.Feed);
    }

    public DropInPackage Package { get; }

    public string Name { get; }

    public string Folder { get; }

    public string File { get; }

    /// <summary>Gets where a build puts the program.</summary>
    public string Output => Path.Combine(Folder, "out");

    private string Reference => $"""<PackageReference Include="PidFdProcess" Version="{Package.Version}" />""";

    /// <summary>Writes the project file. Warnings are errors in it.</summary>
    public void WriteProject(string framework = "net10.0", string properties = "", string? items = null)
    {
        _isRestored = false;
        System.IO.File.WriteAllText(File, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <InvariantGlobalization>true</InvariantGlobalization>
                <SatelliteResourceLanguages>en</SatelliteResourceLanguages>
                <RootNamespace>{Name}</RootNamespace>
                <UseAppHost Condition="'$(SelfContained)' != 'true' and '$(PublishAot)' != 'true'">false</UseAppHost>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                {items ?? Reference}
              </ItemGroup>
            </Project>
            """);
    }

    public void Write(string name, string text) => System.IO.File.WriteAllText(Path.Combine(Folder, name), text);

    /// <summary>Runs a command of the SDK on the project.</summary>
    public Task<ToolRun> DotNetAsync(params string[] arguments) => ToolRun.RunAsync(ToolRun.DotNet, arguments, Folder, _environment);

    /// <summary>Builds, and fails the test with the output if that fails or warns.</summary>
    public async Task BuildAsync(params string[] arguments)
    {
        ToolRun build = await TryBuildAsync(arguments);
        Assert.AreEqual(0, build.ExitCode, build.Output + build.Errors);
        Assert.DoesNotContain("warning", build.Output);
        _isRestored = true;
    }

    /// <summary>Builds, expects it to fail, and returns what it said.</summary>
    public async Task<string> FailToBuildAsync(params string[] arguments)
    {
        ToolRun build = await TryBuildAsync(arguments);
        Assert.AreNotEqual(0, build.ExitCode, build.Output);
        return build.Output;
    }

    // The property does not change what a restore does, so that one restore serves all builds of a project.
    private Task<ToolRun> TryBuildAsync(string[] arguments) =>
        DotNetAsync(["build", "-o", Output, .. _isRestored ? (string[])["--no-restore"] : [], .. arguments]);

    /// <summary>Publishes, or gives up the test as inconclusive if what that takes cannot be restored.</summary>
    public async Task PublishAsync(params string[] arguments)
    {
        ToolRun restore = await DotNetAsync(["restore", .. arguments]);
        if (restore.ExitCode != 0)
        {
            Assert.Inconclusive($"The packages cannot be restored: {restore.Output}");
        }

        ToolRun publish = await DotNetAsync(["publish", "--no-restore", "-o", Output, .. arguments]);
        Assert.AreEqual(0, publish.ExitCode, publish.Output + publish.Errors);
        Assert.DoesNotContain("warning", publish.Output);
    }

    /// <summary>Runs the program on this runtime, whatever its framework, and returns what it printed.</summary>
    public async Task<string> RunAsync(string? disabled = null, params string[] arguments) => (await ToolRun.SucceedAsync(
        ToolRun.DotNet,
        ["exec", "--roll-forward", "Major", Path.Combine(Output, Name + ".dll"), .. arguments],
        Folder,
        Disabled(disabled))).Output.Trim();

    /// <summary>Runs the program that was published for itself.</summary>
    public async Task<string> RunPublishedAsync(string? disabled = null) =>
        (await ToolRun.SucceedAsync(Path.Combine(Output, Name), [], Folder, Disabled(disabled))).Output.Trim();

    private static Dictionary<string, string?> Disabled(string? value) => new() { ["PIDFDPROCESS_DISABLED"] = value };
}
