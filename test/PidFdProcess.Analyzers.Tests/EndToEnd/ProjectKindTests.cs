using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>A project of each kind works with the property, or its build fails with a clear error.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ProjectKindTests
{
    [TestInitialize]
    public void RequireToBeAsked() => EndToEndSwitch.Require();

    private const string On = "-p:PidFdProcessDropIn=true";
    private const string Attached = "attached: PidFd";

    private const string Program = """
        using System.Diagnostics;
        using PidFdProcess;

        using Process process = Process.Start("/bin/sleep", "1000");
        string route = ProcessHandleRegistry.Default.TryGetAttachment(process, out ProcessAttachment? attachment) ? $"{attachment.Route}" : "none";
        process.Kill();
        process.WaitForExit();
        Console.WriteLine($"attached: {route}");
        """;

    [TestMethod]
    [DataRow("net8.0", "12")]
    [DataRow("net8.0", "default")]
    [DataRow("net10.0", "13")]
    [DataRow("net10.0", "latest")]
    [DataRow("net10.0", "preview")]
    public async Task ThePropertyInTheProjectFile_AttachesTheProcess(string framework, string language)
    {
        DropInProject app = await ProjectAsync(framework, $"<LangVersion>{language}</LangVersion><PidFdProcessDropIn>true</PidFdProcessDropIn>");
        await app.BuildAsync();

        Assert.AreEqual(Attached, await app.RunAsync());
    }

    [TestMethod]
    public async Task AStrictProject_HasNoWarnings()
    {
        DropInProject app = await ProjectAsync(properties: """
            <OutputType>Library</OutputType><AnalysisMode>All</AnalysisMode><EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild>
            <GenerateDocumentationFile>true</GenerateDocumentationFile>
            """);
        app.Write("Program.cs", """
            using System.Diagnostics;
            using System.Runtime.Versioning;

            [assembly: CLSCompliant(true)]
            [assembly: System.Runtime.InteropServices.ComVisible(false)]

            namespace App;

            /// <summary>Stops things.</summary>
            [SupportedOSPlatform("linux")]
            public static class Stopper
            {
                /// <summary>Stops a process.</summary>
                /// <param name="process">The process.</param>
                public static void Stop(Process process)
                {
                    ArgumentNullException.ThrowIfNull(process);
                    process.Kill();
                    process.WaitForExit();
                }
            }
            """);
        app.Write(".editorconfig", "root = true\n");

        await app.BuildAsync();
        await app.BuildAsync(On);
    }

    [TestMethod]
    public async Task AnOldLanguage_IsAnError()
    {
        DropInProject app = await ProjectAsync("net8.0", "<LangVersion>11</LangVersion>");
        await app.BuildAsync();

        string output = await app.FailToBuildAsync(On);

        StringAssert.Contains(output, "PIDFD0100");
        StringAssert.Contains(output, "this project is C# 11.0");
    }

    [TestMethod]
    public async Task AnOldCompiler_IsAnError_OnlyWithTheProperty()
    {
        // The SDK chooses a package's analyzers by this property.
        const string Old = "-p:CompilerApiVersion=roslyn4.11";
        DropInProject app = await ProjectAsync();
        await app.BuildAsync(Old);

        string output = await app.FailToBuildAsync(Old, On);

        StringAssert.Contains(output, "PIDFD0102");
        StringAssert.Contains(output, "this build has 4.11");
    }

    [TestMethod]
    public async Task TheOldestCompiler_WithTheProperty_AttachesTheProcess()
    {
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject("net8.0", items: $"""
            <PackageReference Include="PidFdProcess" Version="{app.Package.Version}" />
            <PackageReference Include="Microsoft.Net.Compilers.Toolset" Version="4.14.0" PrivateAssets="all" />
            """);
        app.Write("Program.cs", Program);
        ToolRun restore = await app.DotNetAsync("restore");
        if (restore.ExitCode != 0)
        {
            Assert.Inconclusive($"The compiler cannot be restored: {restore.Output}");
        }

        await app.BuildAsync(On);

        Assert.AreEqual(Attached, await app.RunAsync());
    }

    [TestMethod]
    [DataRow("vbproj", "Program.vb", "Module Program\n  Sub Main()\n  End Sub\nEnd Module")]
    [DataRow("fsproj", "Program.fs", "[<EntryPoint>]\nlet main _ = 0")]
    public async Task AnotherLanguage_IsAnError_OnlyWithTheProperty(string extension, string file, string code)
    {
        DropInProject app = new(await DropInPackage.SharedAsync(), extension: extension);
        app.WriteProject(items: $"""
            <Compile Include="{file}" Condition="'{extension}' == 'fsproj'" />
            <PackageReference Include="PidFdProcess" Version="{app.Package.Version}" />
            """);
        app.Write(file, code);
        await app.BuildAsync();

        string output = await app.FailToBuildAsync(On);

        StringAssert.Contains(output, $"PIDFD0101: PidFdProcessDropIn works in C# projects only");
        StringAssert.Contains(output, $"App.{extension}");
    }

    [TestMethod]
    public async Task AProjectThatReferencesThePackageThroughAnother_AttachesTheProcess()
    {
        DropInProject library = await ProjectAsync(properties: "<OutputType>Library</OutputType>");
        library.Write("Program.cs", """
            [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Caller")]
            internal static class Library
            {
                public static void Stop(System.Diagnostics.Process process) { process.Kill(); process.WaitForExit(); }
            }
            """);
        DropInProject app = new(library.Package, "Caller");
        app.WriteProject(items: $"""<ProjectReference Include="{library.File}" />""");
        app.Write("Program.cs", Program.Replace("process.Kill();", "Library.Stop(process);", StringComparison.Ordinal));

        await app.BuildAsync(On);

        Assert.AreEqual(Attached, await app.RunAsync());
    }

    [TestMethod]
    public async Task ABuild_InAnotherFolder_IsTheSame()
    {
        const string Deterministic = "-p:ContinuousIntegrationBuild=true";
        DropInProject one = await ProjectAsync(properties: "<PathMap>$(MSBuildProjectDirectory)=/app</PathMap>");
        DropInProject two = await ProjectAsync(properties: "<PathMap>$(MSBuildProjectDirectory)=/app</PathMap>");
        await one.BuildAsync(On, Deterministic);
        await two.BuildAsync(On, Deterministic);

        foreach (string file in (string[])["App.dll", "App.pdb"])
        {
            CollectionAssert.AreEqual(
                await File.ReadAllBytesAsync(Path.Combine(one.Output, file)), await File.ReadAllBytesAsync(Path.Combine(two.Output, file)), file);
        }
    }

    private static async Task<DropInProject> ProjectAsync(string framework = "net10.0", string properties = "")
    {
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject(framework, properties);
        app.Write("Program.cs", Program);
        return app;
    }
}
