using System.Reflection;
using System.Runtime.InteropServices;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>The calls that .NET 11 added, on its runtime.</summary>
[TestClass]
[DoNotParallelize]
public sealed class Net11Tests
{
    private const string On = "-p:PidFdProcessDropIn=true";

    private static readonly string s_version = typeof(Net11Tests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static metadata => metadata.Key == "Net11Version").Value!;

    [TestInitialize]
    public void RequireToBeAsked() => EndToEndSwitch.Require();

    [TestMethod]
    public async Task TheCallsOfNet11_AnswerAsTheStockMethods_AndSpareTheStranger()
    {
        DropInProject app = new(await DropInPackage.SharedAsync());
        app.WriteProject(
            properties: $"""
                <RuntimeFrameworkVersion>{s_version}</RuntimeFrameworkVersion>
                <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
                <SelfContained>true</SelfContained>
                <UseAppHost>true</UseAppHost>
                <NoWarn>$(NoWarn);PIDFD0003</NoWarn>
                """,
            items: $"""
                <KnownFrameworkReference Update="Microsoft.NETCore.App" TargetingPackVersion="{s_version}" />
                <PackageReference Include="PidFdProcess" Version="{app.Package.Version}" />
                """);
        app.Write("Program.cs", Net11Source.Calls);

        await app.PublishAsync();
        string stock = await app.RunPublishedAsync();
        StringAssert.Contains(stock, "runtime: 11");
        StringAssert.Contains(stock, "route none");
        await app.PublishAsync(On);
        string dropIn = await app.RunPublishedAsync();

        Assert.AreEqual(WithoutRoutes(stock), WithoutRoutes(dropIn));
        Assert.AreEqual(WithoutRoutes(stock), WithoutRoutes(await app.RunPublishedAsync(disabled: "1")));
        StringAssert.Contains(dropIn, "route PidFd");
        if (stock.Contains("stranger was killed", StringComparison.Ordinal))
        {
            StringAssert.Contains(dropIn, "stranger lives");
        }
    }

    private static string WithoutRoutes(string output) => string.Join('\n', output.Split('\n').Where(static line =>
        !line.StartsWith("route ", StringComparison.Ordinal) && !line.StartsWith("stranger ", StringComparison.Ordinal)));
}
