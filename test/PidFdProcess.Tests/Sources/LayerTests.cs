using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Sources;

/// <summary>
/// The layers of the library. A type may name those of its own layer and of the layers below, never one above. Attachments and Waits do not name each
/// other. Diagnostics names no layer and may be named by all. The public types that several layers use are the layer Vocabulary.
/// </summary>
[TestClass]
public sealed partial class LayerTests
{
    private const string Root = "PidFdProcess";

    // Public types that only generated code calls.
    private const string CompilerServices = Root + ".CompilerServices";

    private const int MaxTypesOfTheRegistry = 10;

    // From top to bottom.
    private static readonly string[][] s_layers =
    [
        ["CompilerServices"], ["Facade"], ["Scopes"], ["Registry"], ["Calls"], ["Attachments", "Waits"], ["Handles"], ["Runtime"],
        ["Vocabulary"], ["Linux"],
    ];

    private static readonly Dictionary<string, string> s_layerOfRootType = new()
    {
        [nameof(ProcessScope)] = "Facade",
        [nameof(ProcessScopeOptions)] = "Scopes",
        [nameof(ProcessHandleRegistry)] = "Registry",
        [nameof(ProcessAttachment)] = "Attachments",
        [nameof(SafePidFdHandle)] = "Linux",
    };

    private static readonly Lazy<SortedDictionary<string, SortedSet<string>>> s_types = new(Scan);

    [TestMethod]
    public void EveryType_IsInALayer_AndNamesNoneOfAHigherOne()
    {
        string[] homeless = [.. s_types.Value.Keys.Where(static type => LayerOf(type) is null).Select(static type => $"{type} is in no layer")];
        string[] upward =
        [
            .. s_types.Value.SelectMany(static type => type.Value
                .Where(other => !MayName(LayerOf(type.Key), LayerOf(other)))
                .Select(other => $"{LayerOf(type.Key)}: {type.Key} names {LayerOf(other)}: {other}")),
        ];

        AssertNone([.. homeless, .. upward]);
    }

    /// <summary>For constants, whose names leave no trace in the assembly. The build reports directives that are not needed.</summary>
    [TestMethod]
    public void NoSourceFile_HasAUsingDirectiveForAHigherLayer() => AssertNone(
    [
        .. RepositoryFiles.Enumerate("src/PidFdProcess", "*.cs")
            .SelectMany(static file => UsingOfALayer().Matches(File.ReadAllText(file))
                .Select(match => (File: RepositoryFiles.Relative(file), Layer: LayerOfFile(file), Used: match.Groups["layer"].Value)))
            .Where(static use => !MayName(use.Layer, use.Used))
            .Select(static use => $"{use.File} uses {use.Used}"),
    ]);

    /// <summary>For <c>nameof</c>, which leaves no trace in the assembly and needs no directive for the types of the root.</summary>
    [TestMethod]
    public void NoSourceFile_NamesATypeOfTheRootThatIsOfAHigherLayer() => AssertNone(
    [
        .. from file in RepositoryFiles.Enumerate("src/PidFdProcess", "*.cs")
           let layer = LayerOfFile(file)
           from name in NamesIn(File.ReadAllText(file)).Distinct()
           where s_types.Value.ContainsKey($"{Root}.{name}") && !MayName(layer, LayerOf($"{Root}.{name}"))
           select $"{RepositoryFiles.Relative(file)} names {name}",
    ]);

    [TestMethod]
    public void Names_AreFoundInCodeAndInterpolations_ButNotInTextsAndComments() => CollectionAssert.AreEqual(
        new[] { "throw", "new", "nameof", "A", "B" },
        NamesIn("/// <see cref=\"C\"/>\nthrow new(nameof(A), $\"{B}\", \"D // E\"); // F").ToArray());

    [TestMethod]
    public void PublicTypesAlone_StandInTheRoot() => AssertNone(
    [
        .. typeof(ProcessHandleRegistry).Assembly.GetTypes()
            .Where(static type => !type.IsNested && type.Namespace is { } name && name.StartsWith(Root, StringComparison.Ordinal))
            .Where(static type => type.IsPublic != (type.Namespace is Root or CompilerServices))
            .Select(static type => $"{type.FullName} is {(type.IsPublic ? "public" : "internal")}"),
    ]);

    [TestMethod]
    public void TheRegistry_NamesAtMostTenOtherTypes()
    {
        string[] named = [.. s_types.Value[$"{Root}.{nameof(ProcessHandleRegistry)}"]];

        Assert.IsLessThanOrEqualTo(MaxTypesOfTheRegistry, named.Length, string.Join(", ", named));
    }

    /// <summary>Checks the scan itself by one reference of each kind that the code needs.</summary>
    [TestMethod]
    [DataRow("PidFdProcess.ProcessPidFdExtensions", "PidFdProcess.ProcessHandleRegistry", DisplayName = "a call")]
    [DataRow("PidFdProcess.ProcessHandleRegistry", "PidFdProcess.PidFdSupport", DisplayName = "a signature")]
    [DataRow("PidFdProcess.PidFdExitStatus", "PidFdProcess.ExitStatusSource", DisplayName = "a field")]
    [DataRow("PidFdProcess.PidFdSupport", "PidFdProcess.Linux.Errno", DisplayName = "a field of an enum type")]
    public void TheScan_FindsTheTypesThatATypeNames(string type, string other) => Assert.Contains(other, s_types.Value[type]);

    [TestMethod]
    [DataRow("Linux", "Handles", false)]
    [DataRow("Handles", "Linux", true)]
    [DataRow("Waits", "Attachments", false)]
    [DataRow("Attachments", "Waits", false)]
    [DataRow("Attachments", "Attachments", true)]
    [DataRow("Calls", "Waits", true)]
    [DataRow("Linux", "Vocabulary", false)]
    [DataRow("Runtime", "Vocabulary", true)]
    [DataRow("Vocabulary", "Handles", false)]
    [DataRow("Linux", "Diagnostics", true)]
    [DataRow("Diagnostics", "Vocabulary", false)]
    [DataRow("Diagnostics", "Linux", false)]
    [DataRow("Calls", "Registry", false)]
    [DataRow("Registry", "Facade", false)]
    public void ALayer_MayName_ItselfAndTheLayersBelow(string layer, string other, bool expected) => Assert.AreEqual(expected, MayName(layer, other));

    /// <summary>The identifiers in a source file, without those in comments and in texts that are not interpolated.</summary>
    private static IEnumerable<string> NamesIn(string source) =>
        Identifier().Matches(TextOrComment().Replace(source, "${interpolated}")).Select(static match => match.Value);

    private static bool MayName(string? layer, string? other) =>
        layer == other
        || (layer != "Diagnostics" && other == "Diagnostics")
        || (LevelOf(layer) is >= 0 and int from && LevelOf(other) is >= 0 and int to && from < to);

    private static int LevelOf(string? layer) => Array.FindIndex(s_layers, level => level.Contains(layer));

    private static string? LayerOf(string type)
    {
        int dot = type.LastIndexOf('.');
        string name = type[(dot + 1)..];
        return type[..dot] is { Length: > 13 } space ? KnownOrNull(space[(Root.Length + 1)..].Split('.')[0])
            : s_layerOfRootType.TryGetValue(name, out string? layer) ? layer
            : name.EndsWith("Extensions", StringComparison.Ordinal) ? "Facade"
            : typeof(ProcessHandleRegistry).Assembly.GetType(type) is { IsPublic: true } ? "Vocabulary"
            : null;
    }

    private static string? LayerOfFile(string file) =>
        Path.GetRelativePath("src/PidFdProcess", RepositoryFiles.Relative(file)).Split('/') is [var folder, _, ..]
            ? KnownOrNull(folder)
            : LayerOf($"{Root}.{Path.GetFileName(file).Split('.')[0]}");

    private static string? KnownOrNull(string layer) => layer == "Diagnostics" || LevelOf(layer) >= 0 ? layer : null;

    /// <summary>Without the types that source generators and the compiler add outside of the library's namespaces.</summary>
    private static SortedDictionary<string, SortedSet<string>> Scan()
    {
        using UsedTypes scan = new(typeof(ProcessHandleRegistry).Assembly.Location);
        SortedDictionary<string, SortedSet<string>> all = scan.Find();
        foreach (string other in all.Keys.Where(static type => !IsOwn(type)).ToArray())
        {
            all.Remove(other);
        }

        foreach (SortedSet<string> used in all.Values)
        {
            used.RemoveWhere(static type => !IsOwn(type));
        }

        return all;

        static bool IsOwn(string type) => type.StartsWith(Root + ".", StringComparison.Ordinal) && !type.Contains('<', StringComparison.Ordinal);
    }

    private static void AssertNone(string[] faults) => Assert.IsEmpty(faults, $"{faults.Length}:\n{string.Join('\n', faults)}");

    [GeneratedRegex(@"^using (\w+ = )?PidFdProcess\.(?<layer>\w+)", RegexOptions.Multiline)]
    private static partial Regex UsingOfALayer();

    [GeneratedRegex(@"\b[A-Za-z_]\w*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"(?<interpolated>\$""(?:\\.|[^""\\\n])*"")|""(?:\\.|[^""\\\n])*""|//[^\n]*")]
    private static partial Regex TextOrComment();
}
