using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>The packed analyzers know the address of the repository if the package does.</summary>
[TestClass]
[DoNotParallelize]
public sealed class HelpLinkTests
{
    [TestInitialize]
    public void RequireToBeAsked() => EndToEndSwitch.Require();

    [TestMethod]
    public async Task ThePackedAnalyzers_HaveTheAddressOfThePackage()
    {
        DropInPackage package = await DropInPackage.SharedAsync();
        using ZipArchive archive = ZipFile.OpenRead(Path.Combine(package.Feed, $"PidFdProcess.{package.Version}.nupkg"));

        // A clone whose origin is a folder has no address, which the two files say in different ways.
        Assert.AreEqual(AddressOfPackage(archive) ?? "", AddressOfAnalyzers(archive) ?? "");
    }

    private static string? AddressOfPackage(ZipArchive archive)
    {
        using Stream stream = archive.GetEntry("PidFdProcess.nuspec")!.Open();
        return XDocument.Load(stream).Descendants().FirstOrDefault(static element => element.Name.LocalName == "repository")?.Attribute("url")?.Value;
    }

    private static string? AddressOfAnalyzers(ZipArchive archive)
    {
        using Stream stream = archive.Entries.Single(static entry => entry.Name == "PidFdProcess.Analyzers.dll").Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return Assembly.Load(bytes.ToArray()).GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(static metadata => metadata.Key == "RepositoryUrl")?.Value;
    }
}
