using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Testing;

namespace PidFdProcess.Analyzers.Tests.Support;

/// <summary>What the sources under test are compiled against: the runtime that runs the tests, and the library.</summary>
internal static class TestPlatform
{
    private static readonly Lazy<ImmutableArray<MetadataReference>> s_net11References = new(static () =>
    [
        .. Directory.EnumerateFiles(Net11Folder, "*.dll").Select(static file => MetadataReference.CreateFromFile(file)),
        .. Library(),
    ]);

    /// <summary>Gets a framework without packages. The references below are all there is.</summary>
    public static ReferenceAssemblies Assemblies { get; } = new("net10.0");

    /// <summary>Gets the references.</summary>
    public static ImmutableArray<MetadataReference> References { get; } = [.. Runtime(), .. Library()];

    /// <summary>Gets the references of a program for .NET 11. Gives up the test if they were not restored.</summary>
    public static ImmutableArray<MetadataReference> Net11References
    {
        get
        {
            if (!Directory.Exists(Net11Folder))
            {
                Assert.Inconclusive($"The reference assemblies of .NET 11 were not restored to {Net11Folder}.");
            }

            return s_net11References.Value;
        }
    }

    private static string Net11Folder => typeof(TestPlatform).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(static metadata => metadata.Key == "Net11References").Value!;

    /// <summary>Returns the options that the compiler gets with the property, or without.</summary>
    public static CSharpParseOptions Options(bool dropIn, LanguageVersion version = LanguageVersion.Latest)
    {
        CSharpParseOptions options = new(version, DocumentationMode.Diagnose);
        return dropIn ? options.WithFeatures([new("InterceptorsNamespaces", "Another.Generated;" + DropIn.Namespace)]) : options;
    }

    /// <summary>Returns the library and what it depends on.</summary>
    public static IEnumerable<MetadataReference> Library() =>
    [
        MetadataReference.CreateFromFile(typeof(ProcessHandleRegistry).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(Mono.Unix.Native.Signum).Assembly.Location),
    ];

    private static IEnumerable<MetadataReference> Runtime() => Directory
        .EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll")
        .Where(static file => Path.GetFileName(file) is var name
            && (name.StartsWith("System", StringComparison.Ordinal)
                || name is "mscorlib.dll" or "netstandard.dll" or "Microsoft.CSharp.dll" or "Microsoft.Win32.Primitives.dll"))
        .Select(static file => MetadataReference.CreateFromFile(file));
}
