using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Package;

/// <summary>The images with native code that the package has beside the portable library.</summary>
[TestClass]
public sealed class ReadyToRunTests
{
    // The compiler marks an image for Linux by this mask over the number of the machine.
    private const int LinuxMask = 0x7B79;

    private const string WhereItIs = """
        System.Console.WriteLine(typeof(PidFdProcess.ProcessHandleRegistry).Assembly.Location);
        """;

    private static readonly string[] s_frameworks = ["net8.0", "net10.0"];
    private static readonly string[] s_runtimes = ["linux-x64", "linux-arm64", "linux-musl-x64", "linux-musl-arm64"];
    private static readonly string[] s_withoutImage = ["linux-arm", "linux-s390x", "win-x64", "osx-arm64"];

    private static PackedLibrary s_library = null!;

    public static IEnumerable<object[]> Images =>
        from framework in s_frameworks from runtime in s_runtimes select (object[])[framework, runtime];

    [ClassInitialize]
    public static async Task Pack(TestContext _) => s_library = await PackedLibrary.SharedAsync();

    [TestMethod]
    public void Package_HasAnImageForEachFrameworkAndRuntime()
    {
        using ZipArchive package = s_library.OpenPackage();

        CollectionAssert.AreEquivalent(
            (from framework in s_frameworks from runtime in s_runtimes select PathOf(framework, runtime)).ToArray(),
            package.Entries.Select(static entry => entry.FullName)
                .Where(static name => name.StartsWith("runtimes/", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Images))]
    public void Image_HasNativeCodeForItsArchitecture(string framework, string runtime)
    {
        using PEReader image = Read(PathOf(framework, runtime));

        Machine expected = runtime.EndsWith("arm64", StringComparison.Ordinal) ? Machine.Arm64 : Machine.Amd64;
        Assert.AreEqual(expected, (Machine)((ushort)image.PEHeaders.CoffHeader.Machine ^ LinuxMask));
        Assert.IsGreaterThan(0, image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
    }

    [TestMethod]
    [DynamicData(nameof(Images))]
    public void Image_HasTheILOfThePortableLibrary(string framework, string runtime)
    {
        using PEReader image = Read(PathOf(framework, runtime));
        using PEReader portable = Read($"lib/{framework}/PidFdProcess.dll");
        MetadataReader compiled = image.GetMetadataReader();
        MetadataReader original = portable.GetMetadataReader();

        Assert.AreEqual(
            original.GetGuid(original.GetModuleDefinition().Mvid), compiled.GetGuid(compiled.GetModuleDefinition().Mvid));
        Assert.AreEqual(original.MetadataLength, compiled.MetadataLength);
        Assert.IsNotEmpty(original.MethodDefinitions);
        foreach (MethodDefinitionHandle handle in original.MethodDefinitions)
        {
            MethodDefinition method = original.GetMethodDefinition(handle);
            string name = original.GetString(method.Name);
            MethodDefinition other = compiled.GetMethodDefinition(handle);
            Assert.AreEqual(name, compiled.GetString(other.Name));
            Assert.AreEqual(method.RelativeVirtualAddress == 0, other.RelativeVirtualAddress == 0, name);
            if (method.RelativeVirtualAddress != 0)
            {
                MethodBodyBlock body = portable.GetMethodBody(method.RelativeVirtualAddress);
                MethodBodyBlock copy = image.GetMethodBody(other.RelativeVirtualAddress);
                CollectionAssert.AreEqual(body.GetILBytes(), copy.GetILBytes(), name);
                Assert.AreEqual(body.LocalSignature, copy.LocalSignature, name);
                CollectionAssert.AreEqual(body.ExceptionRegions, copy.ExceptionRegions, name);
            }
        }
    }

    [TestMethod]
    [DataRow("net8.0")]
    [DataRow("net10.0")]
    public async Task Restore_ForARuntime_TakesItsImageOrThePortableLibrary(string framework)
    {
        Consumer consumer = new(s_library, framework);
        string runtimes = string.Join(';', [.. s_runtimes, .. s_withoutImage]);

        // The other parts of a self-contained program do not matter here, and may not be available for each runtime.
        ToolRun restore = await consumer.DotNetAsync(
            "restore", $"-p:RuntimeIdentifiers=\"{runtimes}\"", "-p:EnableRuntimePackDownload=false", "-p:EnableAppHostPackDownload=false");
        Assert.AreEqual(0, restore.ExitCode, restore.Output + restore.Errors);

        using JsonDocument assets = JsonDocument.Parse(await File.ReadAllBytesAsync(consumer.PathOf("obj", "project.assets.json")));
        JsonElement targets = assets.RootElement.GetProperty("targets");
        foreach (string runtime in (string[])[.. s_runtimes, .. s_withoutImage])
        {
            JsonElement library = targets.GetProperty($"{framework}/{runtime}").GetProperty($"PidFdProcess/{s_library.Version}");

            string expected = s_runtimes.Contains(runtime) ? PathOf(framework, runtime) : $"lib/{framework}/PidFdProcess.dll";
            Assert.AreEqual(expected, library.GetProperty("runtime").EnumerateObject().Single().Name, runtime);
            Assert.AreEqual($"lib/{framework}/PidFdProcess.dll", library.GetProperty("compile").EnumerateObject().Single().Name, runtime);
        }
    }

    [TestMethod]
    [DataRow("net8.0")]
    [DataRow("net10.0")]
    public async Task Run_OfAPortableProgram_LoadsTheImageOfThisMachine(string framework)
    {
        if (!s_runtimes.Contains(RuntimeInformation.RuntimeIdentifier))
        {
            Assert.Inconclusive($"The package has no image for {RuntimeInformation.RuntimeIdentifier}.");
        }

        Consumer consumer = new(s_library, framework, new Dictionary<string, string> { ["Program.cs"] = WhereItIs });
        await consumer.BuildAsync();

        Assert.AreEqual(consumer.PathOf("out", PathOf(framework, RuntimeInformation.RuntimeIdentifier)), await consumer.RunAsync());
    }

    private static string PathOf(string framework, string runtime) => $"runtimes/{runtime}/lib/{framework}/PidFdProcess.dll";

    private static PEReader Read(string path)
    {
        using ZipArchive package = s_library.OpenPackage();
        return new PEReader(new MemoryStream(PackedLibrary.Read(package, path)));
    }
}
