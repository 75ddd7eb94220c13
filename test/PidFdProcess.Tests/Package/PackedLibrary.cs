using System.Globalization;
using System.IO.Compression;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>
/// The package as a release builds it, from a commit with a remote. The commit has a copy of the current sources. So the repository is not written
/// to, and the sources need not be in a repository. A second build, in a folder with another path, is made when a test asks for it.
/// </summary>
internal sealed class PackedLibrary
{
    public const string Repository = "https://github.com/example/PidFdProcess";

    private static readonly string[] s_sources =
        ["src", "Directory.Build.props", "Directory.Packages.props", "LICENSE", ".editorconfig", ".gitignore"];

    private static readonly Lazy<Task<PackedLibrary>> s_shared =
        new(static () => PackAsync(Directory.CreateTempSubdirectory("pidfdprocess-package-").FullName));

    private readonly Lazy<Task<string>> _secondFeed;

    private PackedLibrary(string folder, string version, string commit)
    {
        _secondFeed = new(PackAgainAsync);
        Folder = folder;
        Version = version;
        Commit = commit;
    }

    /// <summary>Gets the folder that everything is in.</summary>
    public string Folder { get; }

    /// <summary>Gets a version that is in no package cache.</summary>
    public string Version { get; }

    public string Commit { get; }

    /// <summary>Gets the clone that was packed.</summary>
    public string Sources => Path.Combine(Folder, "first");

    private string SecondSources => Path.Combine(Folder, "second", "with", "a", "longer", "path");

    /// <summary>Gets the local folder feed.</summary>
    public string Feed => Path.Combine(Folder, "feed");

    /// <summary>Gets the environment for the SDK, without the variables of the test runner and without servers that outlive it.</summary>
    public static Dictionary<string, string?> Environment { get; } = new()
    {
        ["CI"] = null,
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["DOTNET_NOLOGO"] = "1",
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["MSBUILD_EXE_PATH"] = null,
        ["MSBuildExtensionsPath"] = null,
        ["MSBuildLoadMicrosoftTargetsReadOnly"] = null,
        ["MSBuildSDKsPath"] = null,
        ["PIDFDPROCESS_DISABLED"] = null,
        ["UseSharedCompilation"] = "false",
    };

    /// <summary>Packs once for all tests of a run.</summary>
    public static Task<PackedLibrary> SharedAsync() => s_shared.Value;

    /// <summary>Deletes what <see cref="SharedAsync"/> has made.</summary>
    public static async Task DeleteSharedAsync()
    {
        if (s_shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            Directory.Delete((await s_shared.Value).Folder, recursive: true);
        }
    }

    private static async Task<PackedLibrary> PackAsync(string folder)
    {
        string root = RepositoryFiles.Root;
        string first = Path.Combine(folder, "first");
        foreach (string source in s_sources)
        {
            Copy(Path.Combine(root, source), Path.Combine(first, source));
        }

        string commit = await CommitAsync(first);
        string version = string.Create(CultureInfo.InvariantCulture, $"0.0.1-test.{DateTime.UtcNow.Ticks}");
        PackedLibrary library = new(folder, version, commit);
        Copy(first, library.SecondSources);
        await library.PackAsync(first, library.Feed);
        return library;
    }

    private async Task<string> PackAgainAsync()
    {
        string feed = Path.Combine(Folder, "feed2");
        await PackAsync(SecondSources, feed);
        return feed;
    }

    /// <summary>Builds the commit once more in another folder, and returns the feed with the result.</summary>
    public Task<string> SecondFeedAsync() => _secondFeed.Value;

    public ZipArchive OpenPackage(string? feed = null) => Open(feed ?? Feed, "nupkg");

    public ZipArchive OpenSymbols(string? feed = null) => Open(feed ?? Feed, "snupkg");

    /// <summary>Reads a file of a package.</summary>
    public static byte[] Read(ZipArchive package, string path)
    {
        ZipArchiveEntry entry = package.GetEntry(path) ?? throw new AssertFailedException($"The package has no {path}.");
        using Stream stream = entry.Open();
        using MemoryStream memory = new();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static async Task<string> CommitAsync(string folder)
    {
        if (!ToolRun.Exists("git"))
        {
            Assert.Inconclusive("git is not installed");
        }

        await GitAsync("init", "--quiet");
        await GitAsync("remote", "add", "origin", Repository + ".git");
        await GitAsync("add", "--all");
        string[] identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false"];
        await GitAsync([.. identity, "commit", "--quiet", "--message", "Sources"]);
        return (await GitAsync("rev-parse", "HEAD")).Output.Trim();

        Task<ToolRun> GitAsync(params string[] arguments) => ToolRun.SucceedAsync("git", arguments, folder);
    }

    private static void Copy(string source, string target)
    {
        if (File.Exists(source))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(source, target);
        }

        if (!Directory.Exists(source))
        {
            return;
        }

        Directory.CreateDirectory(target);
        foreach (string entry in Directory.EnumerateFileSystemEntries(source))
        {
            if (Path.GetFileName(entry) is not ("bin" or "obj") and string name)
            {
                Copy(entry, Path.Combine(target, name));
            }
        }
    }

    private async Task PackAsync(string sources, string feed) => await ToolRun.SucceedAsync(
        ToolRun.DotNet,
        ["pack", "src/PidFdProcess", "-o", feed, $"-p:Version={Version}", "-p:ContinuousIntegrationBuild=true"],
        sources,
        Environment);

    private ZipArchive Open(string feed, string extension) => ZipFile.OpenRead(Path.Combine(feed, $"PidFdProcess.{Version}.{extension}"));
}
