using System.Text.RegularExpressions;
using PidFdProcess.Tests.Support;

namespace PidFdProcess.Tests.Sources;

/// <summary>Limits the shares of sentences with habits that make comments hard to read. The rules are in CONTRIBUTING.md.</summary>
[TestClass]
public sealed partial class ProseTests
{
    [TestMethod]
    public void FewSentences_HideTheirLogicBehindAColon() => AssertShare(0.08, static sentence => Colon().IsMatch(sentence));

    [TestMethod]
    public void FewSentences_HaveASemicolon() => AssertShare(0.03, static sentence => sentence.Contains(';', StringComparison.Ordinal));

    [TestMethod]
    public void FewSentences_HaveNoActor() => AssertShare(0.01, static sentence => NoActor().IsMatch(sentence));

    [TestMethod]
    public void NoSentence_HasAQuaintPhrase() => AssertShare(double.Epsilon, static sentence => Riddle().IsMatch(sentence));

    [TestMethod]
    public void NoMessage_HasASemicolon()
    {
        string[] found =
        [
            .. RepositoryFiles.Enumerate("src", "*.cs").SelectMany(static file => Prose.LiteralsOf(File.ReadAllLines(file))
                .Where(static literal => Semicolon().IsMatch(literal.Text))
                .Select(literal => $"{RepositoryFiles.Relative(file)}:{literal.Line}: {literal.Text}")),
        ];
        Assert.IsEmpty(found, string.Join('\n', found));
    }

    [TestMethod]
    public void Literals_AreFoundOutsideOfComments()
    {
        string[] lines =
        [
            "    // \"A comment; it is no literal.\"",
            "    Call('\"', \"one; two\", $\"{three}; four\"); // \"five; six\"",
        ];

        CollectionAssert.AreEqual(new[] { (2, "one; two"), (2, "{three}; four") }, Prose.LiteralsOf(lines).ToArray());
        Assert.IsTrue(Prose.LiteralsOf(lines).All(static literal => Semicolon().IsMatch(literal.Text)));
    }

    [TestMethod]
    public void Sentences_AreFoundInComments_WithoutTheirTags()
    {
        string[] lines =
        [
            "/// <summary>Waits for <see cref=\"System.Process.Exited\"/> and then ends.</summary>",
            "/// <param name=\"process\">The process that is meant. Too short.</param>",
            "    int code = 0;",
            "    // A comment goes on",
            "    // in the next line; it ends here.",
            "    code++; // This is not looked at.",
        ];

        CollectionAssert.AreEqual(
            new[]
            {
                (1, "Waits for Exited and then ends."),
                (2, "The process that is meant."),
                (4, "A comment goes on in the next line; it ends here."),
            },
            Prose.SentencesOf(lines).ToArray());
    }

    private static void AssertShare(double limit, Predicate<string> isMeant)
    {
        List<(string Location, string Text)> all =
        [
            .. RepositoryFiles.Enumerate("src", "*.cs").SelectMany(static file => Prose.SentencesOf(File.ReadAllLines(file))
                .Select(sentence => ($"{RepositoryFiles.Relative(file)}:{sentence.Line}", sentence.Text))),
        ];
        string[] found = [.. all.Where(each => isMeant(Prose.WithoutAddresses(each.Text))).Select(static each => $"{each.Location}: {each.Text}")];

        Assert.IsLessThan(limit * all.Count, found.Length, $"{found.Length} of {all.Count}:\n{string.Join('\n', found)}");
    }

    [GeneratedRegex(@"; \S")]
    private static partial Regex Semicolon();

    [GeneratedRegex(@"[a-z)]:\s+[a-z]")]
    private static partial Regex Colon();

    [GeneratedRegex(@"\b(who|whoever|whom|somebody|someone|nobody|anybody|anyone|everybody|one that|what is)\b", RegexOptions.IgnoreCase)]
    private static partial Regex NoActor();

    [GeneratedRegex(@"\b(anew|meanwhile|for want of|all the same|had better|by stock)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Riddle();
}
