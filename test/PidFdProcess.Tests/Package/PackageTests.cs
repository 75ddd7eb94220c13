using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PidFdProcess.Tests.Package;

/// <summary>The contents of the package.</summary>
[TestClass]
public sealed partial class PackageTests
{
    private const string Library = "PidFdProcess";
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Guid s_sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private static PackedLibrary s_library = null!;

    [ClassInitialize]
    public static async Task Pack(TestContext _) => s_library = await PackedLibrary.SharedAsync();

    [AssemblyCleanup]
    public static Task Delete() => PackedLibrary.DeleteSharedAsync();

    [TestMethod]
    public void ThePackage_HasTheLibraryAndItsDocumentation_ForEachFramework()
    {
        using ZipArchive package = s_library.OpenPackage();

        string[] libraries =
        [
            .. package.Entries.Select(static entry => entry.FullName).Where(static name => name.StartsWith("lib/", StringComparison.Ordinal)),
        ];
        string[] expected =
        [
            "lib/net8.0/PidFdProcess.dll", "lib/net8.0/PidFdProcess.xml",
            "lib/net10.0/PidFdProcess.dll", "lib/net10.0/PidFdProcess.xml",
        ];
        CollectionAssert.AreEquivalent(expected, libraries);
    }

    [TestMethod]
    public void ThePackage_NamesItsLicenceReadmeRepositoryAndOneDependency()
    {
        using ZipArchive package = s_library.OpenPackage();
        XElement metadata = XDocument.Parse(Encoding.UTF8.GetString(PackedLibrary.Read(package, "PidFdProcess.nuspec")).TrimStart('\uFEFF'))
            .Root!.Elements().Single();
        XNamespace ns = metadata.Name.Namespace;

        Assert.AreEqual("MIT", metadata.Element(ns + "license")!.Value);
        Assert.AreEqual("expression", metadata.Element(ns + "license")!.Attribute("type")!.Value);
        Assert.AreEqual("README.md", metadata.Element(ns + "readme")!.Value);
        Assert.IsNotEmpty(PackedLibrary.Read(package, "README.md"));
        Assert.IsFalse(string.IsNullOrWhiteSpace(metadata.Element(ns + "description")!.Value));
        XElement repository = metadata.Element(ns + "repository")!;
        Assert.StartsWith(PackedLibrary.Repository, repository.Attribute("url")!.Value);
        Assert.AreEqual(s_library.Commit, repository.Attribute("commit")!.Value);

        XElement[] groups = [.. metadata.Element(ns + "dependencies")!.Elements(ns + "group")];
        CollectionAssert.AreEquivalent(
            (string[])["net8.0", "net10.0"], groups.Select(static group => group.Attribute("targetFramework")!.Value).ToArray());
        foreach (XElement group in groups)
        {
            XElement dependency = group.Elements().Single();
            Assert.AreEqual("Mono.Posix.NETStandard", dependency.Attribute("id")!.Value);
            StringAssert.Contains(dependency.Attribute("exclude")!.Value, "Native", "no program has to ship its native helper");
        }
    }

    /// <summary>The page of a package shows no files of the repository.</summary>
    [TestMethod]
    public void ReadmeOfThePackage_IsItsOwn_AndLinksToNoFileOfTheRepository()
    {
        using ZipArchive package = s_library.OpenPackage();
        string readme = Encoding.UTF8.GetString(PackedLibrary.Read(package, "README.md"));

        Assert.AreEqual(File.ReadAllText(Path.Combine(s_library.Sources, "src", Library, "README.md")), readme);
        Assert.DoesNotMatchRegex(new Regex(@"\]\((?!https:|#)"), readme);
    }

    [TestMethod]
    [DataRow("net8.0")]
    [DataRow("net10.0")]
    public void TheDocumentation_OfEachFramework_HasEveryPublicMember(string framework)
    {
        using ZipArchive package = s_library.OpenPackage();
        using MemoryStream xml = new(PackedLibrary.Read(package, $"lib/{framework}/{Library}.xml"));
        XElement[] members = [.. XDocument.Load(xml).Root!.Element("members")!.Elements()];

        foreach (Type type in typeof(ProcessHandleRegistry).Assembly.GetExportedTypes())
        {
            AssertDocumented($"T:{type.FullName}");
            foreach (MemberInfo member in type.GetMembers(Declared).Where(static member => member is not FieldInfo { IsSpecialName: true }))
            {
                if (member is not MethodInfo { IsSpecialName: true } && !member.IsDefined(typeof(CompilerGeneratedAttribute)))
                {
                    AssertDocumented($"{type.FullName}.{member.Name.Replace('.', '#')}");
                }
            }
        }

        void AssertDocumented(string name) => Assert.IsTrue(
            Array.Exists(members, member => IsOf(member, name) && (member.Element("summary") ?? member.Element("inheritdoc")) is not null),
            $"{name} is not documented");

        // Compares without the kind of member in front, type parameters and parameters. The compiler itself checks the overloads of a method.
        static bool IsOf(XElement member, string name) =>
            member.Attribute("name")!.Value is { } id && (id == name || id.Split('(')[0].Split("``")[0][2..] == name);
    }

    [TestMethod]
    public async Task TwoBuilds_InDifferentFolders_AreTheSame()
    {
        string secondFeed = await s_library.SecondFeedAsync();
        using ZipArchive first = s_library.OpenPackage();
        using ZipArchive second = s_library.OpenPackage(secondFeed);
        using ZipArchive firstSymbols = s_library.OpenSymbols();
        using ZipArchive secondSymbols = s_library.OpenSymbols(secondFeed);

        AssertSame(first, second, ".dll");
        AssertSame(firstSymbols, secondSymbols, ".pdb");

        static void AssertSame(ZipArchive package, ZipArchive other, string extension)
        {
            string[] files =
            [
                .. package.Entries.Select(static entry => entry.FullName).Where(name => name.EndsWith(extension, StringComparison.Ordinal)),
            ];
            Assert.IsNotEmpty(files);
            foreach (string file in files)
            {
                CollectionAssert.AreEqual(PackedLibrary.Read(package, file), PackedLibrary.Read(other, file), file);
            }
        }
    }

    [TestMethod]
    [DataRow("net8.0")]
    [DataRow("net10.0")]
    public void TheSymbols_OfEachFramework_LinkToTheSourcesOfTheCommit(string framework)
    {
        using ZipArchive symbols = s_library.OpenSymbols();
        using MemoryStream pdb = new(PackedLibrary.Read(symbols, $"lib/{framework}/{Library}.pdb"));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
        MetadataReader reader = provider.GetMetadataReader();

        byte[] json = reader.GetCustomDebugInformation(EntityHandle.ModuleDefinition)
            .Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == s_sourceLink)
            .Select(information => reader.GetBlobBytes(information.Value))
            .Single();

        JsonProperty link = JsonDocument.Parse(json).RootElement.GetProperty("documents").EnumerateObject().Single();
        Assert.AreEqual($"https://raw.githubusercontent.com/example/PidFdProcess/{s_library.Commit}/*", link.Value.GetString());
        string prefix = link.Name.TrimEnd('*');
        string[] documents = [.. reader.Documents.Select(handle => reader.GetString(reader.GetDocument(handle).Name))];
        Assert.Contains(prefix + "src/PidFdProcess/ProcessPidFdExtensions.cs", documents);
        Assert.IsTrue(Array.TrueForAll(documents, document => document.StartsWith(prefix, StringComparison.Ordinal)));
    }
}
