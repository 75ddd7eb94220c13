using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Sources;

/// <summary>How large a type may get before it is two types.</summary>
[TestClass]
public sealed partial class SizeTests
{
    private const int MaxLines = 300;
    private const int MaxLinesOfTheRegistry = 250;

    [TestMethod]
    public void NoFile_HasMoreThan300Lines() => AssertNone(
        Files().Where(static file => file.Lines.Length > MaxLines).Select(static file => $"{file.Name}: {file.Lines.Length}"));

    [TestMethod]
    public void NoType_HasMoreThan300Lines_InAllItsFilesTogether() => AssertNone(
        Types().GroupBy(static type => type.Name)
            .Select(static parts => (Name: parts.Key, Lines: parts.Sum(static part => part.Lines)))
            .Where(static type => type.Lines > MaxLines)
            .Select(static type => $"{type.Name}: {type.Lines}"));

    [TestMethod]
    public void NoType_IsPartial_ExceptForSourceGeneration() => AssertNone(
        Types().Where(static type => type.IsPartial)
            .Where(static type => Types().Count(other => other.Name == type.Name) > 1 || !Generator().IsMatch(type.Text))
            .Select(static type => $"{type.Name} in {type.File}"));

    [TestMethod]
    public void TheRegistry_IsOneFile_OfAtMost250Lines_WithOnePurpose()
    {
        (string name, string[] lines) = Files()
            .Single(static file => Path.GetFileName(file.Name).StartsWith("ProcessHandleRegistry", StringComparison.Ordinal));

        Assert.IsLessThanOrEqualTo(MaxLinesOfTheRegistry, lines.Length, name);
        string summary = SummaryOfClass().Match(string.Join('\n', lines)).Groups["text"].Value;
        Assert.IsFalse(string.IsNullOrWhiteSpace(summary));
        Assert.DoesNotMatchRegex(new Regex(@"\band\b"), summary);
    }

    private static IEnumerable<(string Name, string[] Lines)> Files() => RepositoryFiles.Enumerate("src", "*.cs")
        .Select(static file => (RepositoryFiles.Relative(file), File.ReadAllLines(file)));

    /// <summary>The types that begin at the first column, up to the brace that closes them there.</summary>
    private static IEnumerable<(string Name, string File, int Lines, bool IsPartial, string Text)> Types() => Files()
        .SelectMany(static file => TypeDeclaration().Matches(string.Join('\n', file.Lines)).Select(match => (
            match.Groups["name"].Value,
            file.Name,
            match.Value.Split('\n').Length,
            match.Groups["partial"].Success,
            match.Value)));

    private static void AssertNone(IEnumerable<string> faults) => Assert.IsEmpty(faults, string.Join('\n', faults));

    [GeneratedRegex(
        @"^(?:(?:public|internal|file|sealed|static|abstract|readonly|ref|unsafe|(?<partial>partial)) )*"
        + @"(?:class|record struct|record|struct|interface|enum) (?<name>\w+)(?:[^\n]*;$|.*?^\})",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"<summary>(?<text>(?:(?!</summary>).)*)</summary>(?:\n///[^\n]*)*\npublic sealed class", RegexOptions.Singleline)]
    private static partial Regex SummaryOfClass();

    [GeneratedRegex("LibraryImport|GeneratedRegex|JsonSerializable|LoggerMessage")]
    private static partial Regex Generator();
}
