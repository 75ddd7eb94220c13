using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Sources;

/// <summary>
/// The opening comments of files with an idea of their own. Each begins with the heading Overview and says what the file is for, before its
/// constraints and its scheme. It stands before the first type.
/// </summary>
[TestClass]
public sealed partial class OverviewTests
{
    [TestMethod]
    public void EachOpeningComment_SaysFirstWhatTheFileIsFor()
    {
        string[] faults =
        [
            .. RepositoryFiles.Enumerate("src", "*.cs").Where(static file => !IsInOrder(File.ReadAllText(file))).Select(RepositoryFiles.Relative),
        ];
        Assert.IsEmpty(faults, string.Join('\n', faults));
    }

    [TestMethod]
    [DataRow("class C;\n", true, DisplayName = "no comment")]
    [DataRow("// Overview\n//\n// Kills.\n//\n// Constraints: None.\nclass C;\n", true, DisplayName = "a sentence before the constraints")]
    [DataRow("// Overview\n//\n// Constraints: None.\nclass C;\n", false, DisplayName = "no sentence")]
    [DataRow("// Constraints: None.\nclass C;\n", false, DisplayName = "no heading")]
    [DataRow("// Constraint: None.\nclass C;\n", false, DisplayName = "another heading")]
    [DataRow("class C\n{\n    // Overview\n    //\n    // Kills.\n}\n", false, DisplayName = "a comment inside of a type")]
    public void AnOpeningComment_WithoutItsHeadingOrPurpose_IsAFault(string text, bool expected) => Assert.AreEqual(expected, IsInOrder(text));

    private static bool IsInOrder(string text) => !Heading().IsMatch(text) || Overview().IsMatch(text);

    [GeneratedRegex(@"^ *// (Overview$|Constraints?:|Scheme:)", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^// Overview\n//\n// (?!Constraints?:|Scheme:)[A-Z]", RegexOptions.Multiline)]
    private static partial Regex Overview();
}
