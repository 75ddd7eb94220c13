using System.IO.Compression;
using PidFdProcess.Tests.Package;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.EndToEnd;

/// <summary>The package that the apps reference, shared by all tests of a run.</summary>
/// <param name="Folder">The folder that the apps and their packages are in.</param>
/// <param name="Feed">The folder that the package is in.</param>
/// <param name="Version">The version of the package.</param>
internal sealed record DropInPackage(string Folder, string Feed, string Version)
{
    private const string FeedVariable = "PIDFDPROCESS_FEED";
    private const string QuickVersion = "0.0.1-quick";
    private const string AnalyzerFolder = "analyzers/dotnet/roslyn4.14/cs";

    private static readonly Lazy<Task<DropInPackage>> s_shared = new(CreateAsync);

    public static Task<DropInPackage> SharedAsync() => s_shared.Value;

    /// <summary>Deletes what <see cref="SharedAsync"/> has made.</summary>
    public static async Task DeleteSharedAsync()
    {
        if (s_shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            Directory.Delete((await s_shared.Value).Folder, recursive: true);
        }

        await PackedLibrary.DeleteSharedAsync();
    }

    private static async Task<DropInPackage> CreateAsync()
    {
        // A script that has packed the library already names the feed.
        string? feed = Environment.GetEnvironmentVariable(FeedVariable);
        string folder = Directory.CreateTempSubdirectory("pidfdprocess-dropin-").FullName;
        if (feed is not null)
        {
            string package = Directory.GetFiles(feed, "PidFdProcess.*.nupkg").Single();
            return new DropInPackage(folder, feed, Path.GetFileNameWithoutExtension(package)["PidFdProcess.".Length..]);
        }

        if (EndToEndSwitch.IsOn)
        {
            PackedLibrary library = await PackedLibrary.SharedAsync();
            return new DropInPackage(folder, library.Feed, library.Version);
        }

        return WriteQuick(folder);
    }

    /// <summary>
    /// Writes a package of the assemblies that this test project was built with, and of the build files of the library. That takes no time. The real
    /// package takes a minute, because it has two frameworks and images with native code.
    /// </summary>
    private static DropInPackage WriteQuick(string folder)
    {
        string feed = Directory.CreateDirectory(Path.Combine(folder, "feed")).FullName;
        string sources = Path.Combine(RepositoryFiles.Root, "src", "PidFdProcess");
        using ZipArchive package = ZipFile.Open(Path.Combine(feed, $"PidFdProcess.{QuickVersion}.nupkg"), ZipArchiveMode.Create);
        using (StreamWriter writer = new(package.CreateEntry("PidFdProcess.nuspec").Open()))
        {
            writer.Write($"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata>
                    <id>PidFdProcess</id>
                    <version>{QuickVersion}</version>
                    <authors>Test</authors>
                    <description>Test</description>
                    <dependencies>
                      <group targetFramework="net10.0">
                        <dependency id="Mono.Posix.NETStandard" version="1.0.0" exclude="Native,Build,Analyzers" />
                      </group>
                    </dependencies>
                  </metadata>
                </package>
                """);
        }

        Add("PidFdProcess.dll", "lib/net10.0");
        Add("PidFdProcess.Analyzers.dll", AnalyzerFolder);
        Add("PidFdProcess.CodeFixes.dll", AnalyzerFolder);
        foreach (string target in (string[])["build", "buildTransitive"])
        {
            foreach (string file in Directory.GetFiles(Path.Combine(sources, target)))
            {
                package.CreateEntryFromFile(file, $"{target}/{Path.GetFileName(file)}");
            }
        }

        return new DropInPackage(folder, feed, QuickVersion);

        void Add(string name, string target) => package.CreateEntryFromFile(Path.Combine(AppContext.BaseDirectory, name), $"{target}/{name}");
    }
}
