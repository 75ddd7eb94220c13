using System.Runtime.InteropServices;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>What a consumer can do with the package.</summary>
public sealed partial class PackageTests
{
    private const string WithPidFd = "exit code 137, pidfds True";
    private const string WithStock = "exit code 137, pidfds False";

    [TestMethod]
    [DataRow("net8.0")]
    [DataRow("net10.0")]
    public async Task AConsumer_OfEachFramework_KillsAndAwaits(string framework)
    {
        Consumer consumer = new(s_library, framework);
        await consumer.BuildAsync();

        Assert.AreEqual(WithPidFd, await consumer.RunAsync());
        Assert.AreEqual(WithStock, await consumer.RunAsync(disabled: "1"));
    }

    [TestMethod]
    public async Task AConsumer_ForWindows_Builds()
    {
        Consumer consumer = new(s_library, "net10.0");
        await consumer.BuildAsync("-r", "win-x64");
    }

    [TestMethod]
    public async Task ATrimmedConsumer_HasNoWarnings_AndKillsAndAwaits()
    {
        Consumer consumer = new(s_library, "net10.0");
        string[] options =
        [
            "-r", RuntimeInformation.RuntimeIdentifier, "-p:SelfContained=true", "-p:PublishTrimmed=true", "-p:TrimmerSingleWarn=false",
        ];
        ToolRun restore = await consumer.DotNetAsync(["restore", .. options]);
        if (restore.ExitCode != 0)
        {
            Assert.Inconclusive($"The packages for trimming cannot be restored: {restore.Output}");
        }

        ToolRun publish = await consumer.DotNetAsync(["publish", "--no-restore", "-o", "out", .. options]);

        Assert.AreEqual(0, publish.ExitCode, publish.Output + publish.Errors);
        Assert.DoesNotContain("warning", publish.Output);
        Assert.AreEqual(WithPidFd, await consumer.RunPublishedAsync());
    }
}
