using System.Diagnostics;
using PidFdProcess.Shared;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>The property changes what is attached, and no result and no exception.</summary>
[TestClass]
[DoNotParallelize]
public sealed class OutcomeTests
{
    [TestInitialize]
    public void RequireToBeAsked() => EndToEndSwitch.Require();

    private const string On = "-p:PidFdProcessDropIn=true";
    private const string OtherUser = "65534";

    [TestMethod]
    public async Task EachOverload_AttachesAtOnce_OnlyWithTheProperty()
    {
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject(properties: "<NoWarn>$(NoWarn);CA1416</NoWarn>");
        app.Write("Program.cs", AppSources.Attachments);

        await app.BuildAsync(On);
        AppSources.AssertAllAttached(await app.RunAsync());

        await app.BuildAsync();
        foreach (string line in (await app.RunAsync()).Split('\n')[..^1])
        {
            Assert.EndsWith(": none", line);
        }
    }

    [TestMethod]
    public async Task ResultsAndExceptions_AreThoseOfTheStockMethods()
    {
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject(properties: "<NoWarn>$(NoWarn);CS8625;CA1806</NoWarn>");
        app.Write("Program.cs", AppSources.Outcomes);

        await app.BuildAsync();
        string stock = await app.RunAsync();
        string? stockOfOther = await RunAsOtherUserAsync(app);
        await app.BuildAsync(On);

        Assert.AreEqual(stock, await app.RunAsync());
        Assert.AreEqual(stock, await app.RunAsync(disabled: "1"));
        Assert.AreEqual(stockOfOther, await RunAsOtherUserAsync(app));
    }

    // Runs the app as a user that must not signal the process. The test needs root for that, and returns null without it.
    private static async Task<string?> RunAsOtherUserAsync(DropInProject app)
    {
        if (!Environment.IsPrivilegedProcess || !ToolRun.Exists("setpriv"))
        {
            return null;
        }

        using Process target = Process.Start("/bin/sleep", "1000");
        try
        {
            for (DirectoryInfo folder = new(app.Output); folder.FullName != app.Package.Folder; folder = folder.Parent!)
            {
                folder.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            }

            new DirectoryInfo(app.Package.Folder).UnixFileMode |= UnixFileMode.OtherExecute;

            string[] arguments =
            [
                "--reuid", OtherUser, "--regid", OtherUser, "--clear-groups",
                ToolRun.DotNet, "exec", Path.Combine(app.Output, app.Name + ".dll"), $"{target.Id}",
            ];
            return (await ToolRun.SucceedAsync("setpriv", arguments, app.Output)).Output.Replace($"{target.Id}", "PID", StringComparison.Ordinal);
        }
        finally
        {
            Native.KillByPid(target.Id);
            target.WaitForExit();
        }
    }
}
