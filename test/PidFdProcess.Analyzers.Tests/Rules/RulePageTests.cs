using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using PidFdProcess.Analyzers.Rules;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Analyzers.Tests.Rules;

/// <summary>Each rule has the page that its help link names, and its entry in the list of releases.</summary>
[TestClass]
public sealed class RulePageTests
{
    private const string Page = "src/PidFdProcess/README.md";

    private static string? RepositoryUrl => typeof(Descriptors).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(static metadata => metadata.Key == "RepositoryUrl")?.Value;

    private static readonly DiagnosticDescriptor[] s_rules =
    [
        .. typeof(Descriptors).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(static field => field.FieldType == typeof(DiagnosticDescriptor))
            .Select(static field => (DiagnosticDescriptor)field.GetValue(null)!),
    ];

    [TestMethod]
    public void TheHelpLink_OfEachRule_NamesItsSection()
    {
        Assert.HasCount(6, s_rules);
        foreach (DiagnosticDescriptor rule in s_rules)
        {
            Assert.AreEqual(Descriptors.PageIn(RepositoryUrl, rule.Id) ?? "", rule.HelpLinkUri);
            AssertHasSection(rule.Id);
        }
    }

    [TestMethod]
    [DataRow("https://example.org/owner/name.git", $"https://example.org/owner/name/blob/HEAD/{Page}#pidfd0001")]
    [DataRow("https://example.org/owner/name.github.io/", $"https://example.org/owner/name.github.io/blob/HEAD/{Page}#pidfd0001")]
    [DataRow("/a/clone/without/an/address", null)]
    [DataRow("", null)]
    [DataRow(null, null)]
    public void TheHelpLink_IsAnAddress_OrThereIsNone(string? repository, string? link) =>
        Assert.AreEqual(link, Descriptors.PageIn(repository, "PIDFD0001"));

    [TestMethod]
    public void EachError_OfTheTargets_HasItsSection()
    {
        string[] ids = [.. IdsIn("src/PidFdProcess/build/PidFdProcess.targets")];

        CollectionAssert.AreEqual((string[])["PIDFD0101", "PIDFD0102"], ids);
        foreach (string id in ids)
        {
            AssertHasSection(id);
        }
    }

    [TestMethod]
    public void EachSection_IsOfARule()
    {
        string[] sections = [.. Sections().Where(static section => section.StartsWith("PIDFD", StringComparison.Ordinal))];

        CollectionAssert.AreEquivalent(
            (string[])[.. s_rules.Select(static rule => rule.Id), .. IdsIn("src/PidFdProcess/build/PidFdProcess.targets")], sections);
    }

    [TestMethod]
    public void EachRule_IsInTheListOfReleases_WithItsSeverity()
    {
        string released = Read("src/PidFdProcess.Analyzers/AnalyzerReleases.Shipped.md")
            + Read("src/PidFdProcess.Analyzers/AnalyzerReleases.Unshipped.md");
        foreach (DiagnosticDescriptor rule in s_rules)
        {
            Assert.MatchesRegex($@"(?m)^{rule.Id} *\| *{rule.Category} *\| *{rule.DefaultSeverity} *\|", released);
        }
    }

    private static void AssertHasSection(string id) => Assert.Contains(id, Sections(), $"{Page} has no section for {id}.");

    // The anchor of a heading is its text in lower case.
    private static string[] Sections() => [.. Regex.Matches(Read(Page), "(?m)^### (.+)$").Select(static match => match.Groups[1].Value)];

    private static IEnumerable<string> IdsIn(string file) =>
        Regex.Matches(Read(file), "Code=\"(PIDFD[0-9]+)\"").Select(static match => match.Groups[1].Value).Distinct();

    private static string Read(string file) => File.ReadAllText(Path.Combine(RepositoryFiles.Root, file));
}
