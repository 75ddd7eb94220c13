using System.Runtime.InteropServices;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>An app that was never edited, built from the packed library with the property and without.</summary>
[TestClass]
[DoNotParallelize]
public sealed class StrangerTests
{
    private const string Lives = "The stranger that got the service's PID lives.";
    private const string Killed = "The stranger that got the service's PID was killed.";
    private const string On = "-p:PidFdProcessDropIn=true";

    private static readonly string s_runtime = RuntimeInformation.RuntimeIdentifier;

    [TestMethod]
    [DataRow("Debug")]
    [DataRow("Release")]
    public async Task AnUneditedApp_SparesTheStranger_OnlyWithTheProperty(string configuration)
    {
        if (configuration != "Debug")
        {
            EndToEndSwitch.Require();
        }

        RequireRecycling();
        DropInProject app = await SampleAsync();

        await app.BuildAsync("-c", configuration);
        Assert.AreEqual(Killed, await app.RunAsync());

        // Nothing is edited, and nothing is cleaned in between.
        await app.BuildAsync("-c", configuration, On);
        Assert.AreEqual(Lives, await app.RunAsync());
        Assert.AreEqual(Killed, await app.RunAsync(disabled: "1"));

        await app.BuildAsync("-c", configuration);
        Assert.AreEqual(Killed, await app.RunAsync());
    }

    // A task around Exited, a method group, a plain call and a property.
    private const string Shapes = """
        using System.Diagnostics;

        internal static class Shapes
        {
            public static async Task<bool> WaitAsync(Process process)
            {
                TaskCompletionSource exited = new();
                process.EnableRaisingEvents = true;
                process.Exited += (_, _) => exited.TrySetResult();
                Action kill = process.Kill;
                kill();
                await exited.Task;
                process.WaitForExit();
                return process.HasExited;
            }
        }
        """;

    [TestMethod]
    [DataRow("-p:PublishTrimmed=true")]
    [DataRow("-p:PublishSingleFile=true")]
    [DataRow("-p:PublishAot=true")]
    public async Task APublishedApp_SparesTheStranger(string kind)
    {
        EndToEndSwitch.Require();
        RequireRecycling();
        DropInProject app = await SampleAsync();

        await app.PublishAsync("-r", s_runtime, "-p:SelfContained=true", "-p:TrimmerSingleWarn=false", kind, On);

        Assert.AreEqual(Lives, await app.RunPublishedAsync());
    }

    [TestMethod]
    [DataRow("-p:PublishTrimmed=true")]
    [DataRow("-p:PublishSingleFile=true")]
    [DataRow("-p:PublishAot=true")]
    public async Task APublishedApp_AttachesByEachOverload(string kind)
    {
        EndToEndSwitch.Require();
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject(properties: "<NoWarn>$(NoWarn);CA1416</NoWarn>");
        app.Write("Program.cs", AppSources.Attachments);

        await app.PublishAsync("-r", s_runtime, "-p:SelfContained=true", "-p:TrimmerSingleWarn=false", kind, On);

        AppSources.AssertAllAttached(await app.RunPublishedAsync());
    }

    [TestMethod]
    public async Task AnAppThatWasMigratedByDotNetFormat_SparesTheStranger()
    {
        EndToEndSwitch.Require();
        RequireRecycling();
        DropInProject app = await SampleAsync();
        app.Write("Shapes.cs", Shapes);

        ToolRun format = await app.DotNetAsync("format", "analyzers", app.File, "--diagnostics", "PIDFD0001", "PIDFD0005", "--severity", "info");
        Assert.AreEqual(0, format.ExitCode, format.Output + format.Errors);
        string supervisor = await File.ReadAllTextAsync(Path.Combine(app.Folder, "Supervisor.cs"));
        StringAssert.Contains(supervisor, "ProcessHandleRegistry.Default.Open(");
        StringAssert.Contains(supervisor, "service.KillViaPidFd();");
        StringAssert.Contains(supervisor, "using PidFdProcess;");
        string shapes = await File.ReadAllTextAsync(Path.Combine(app.Folder, "Shapes.cs"));
        Assert.DoesNotContain("TaskCompletionSource", shapes);
        StringAssert.Contains(shapes, "Action kill = process.KillViaPidFd;");
        StringAssert.Contains(shapes, "await process.WaitForExitPidFdAsync();");
        StringAssert.Contains(shapes, "process.WaitForExitPidFd();");
        StringAssert.Contains(shapes, "return process.HasExitedPidFd();");

        await app.BuildAsync();
        Assert.AreEqual(Lives, await app.RunAsync());
    }

    private static async Task<DropInProject> SampleAsync()
    {
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject();
        foreach (string file in RepositoryFiles.Enumerate("samples/DropIn", "*.cs"))
        {
            File.Copy(file, Path.Combine(app.Folder, Path.GetFileName(file)));
        }

        return app;
    }

    private static void RequireRecycling()
    {
        if (PidRecycler.Hindrance is { } hindrance)
        {
            Assert.Inconclusive(hindrance);
        }
    }
}
