using System.Text.RegularExpressions;

namespace PidFdProcess.Tests.Sources;

/// <summary>The sentences of the comments of a C# file.</summary>
internal static partial class Prose
{
    private const int MinWords = 4;

    /// <summary>Lists the sentences of at least four words, each with the line at which its paragraph begins.</summary>
    public static IEnumerable<(int Line, string Text)> SentencesOf(string[] lines)
    {
        List<string> paragraph = [];
        int start = 0;
        for (int i = 0; i <= lines.Length; i++)
        {
            string comment = i < lines.Length && Comment().Match(lines[i]) is { Success: true } match ? match.Groups["text"].Value : "";
            if (string.IsNullOrWhiteSpace(comment) || Section().IsMatch(comment))
            {
                foreach (string sentence in Split(paragraph))
                {
                    yield return (start, sentence);
                }

                paragraph.Clear();
            }

            string text = Tag().Replace(Reference().Replace(comment, static reference => LastName(reference.Groups["name"].Value)), " ");
            if (!string.IsNullOrWhiteSpace(text))
            {
                start = paragraph.Count == 0 ? i + 1 : start;
                paragraph.Add(text.Replace("`", "", StringComparison.Ordinal).Trim());
            }
        }
    }

    /// <summary>Lists the string literals of each line. An interpolation that has literals of its own divides a literal.</summary>
    public static IEnumerable<(int Line, string Text)> LiteralsOf(string[] lines) => lines.SelectMany(static (line, i) => Literal().Matches(line)
        .Where(static match => match.Groups["text"].Success)
        .Select(match => (i + 1, match.Groups["text"].Value)));

    /// <summary>Removes addresses and names with two colons, which are no prose.</summary>
    public static string WithoutAddresses(string sentence) => Address().Replace(sentence, "");

    private static IEnumerable<string> Split(List<string> paragraph) => EndOfSentence().Split(string.Join(' ', paragraph))
        .Where(static sentence => sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length >= MinWords);

    private static string LastName(string name) => name.Split('.')[^1].Split('(')[0];

    [GeneratedRegex(@"^\s*///?\s?(?<text>.*)")]
    private static partial Regex Comment();

    // Comments and characters come first, so that a quotation mark of theirs opens no literal.
    [GeneratedRegex(@"//.*|'(?:\\.|[^'\\])'|""(?<text>(?:\\.|[^""\\])*)""")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^\s*<(param|returns|exception|remarks|summary|para|/)")]
    private static partial Regex Section();

    [GeneratedRegex("""<(see|paramref|typeparamref)\s[^>]*?(cref|langword|name)="(?<name>[^"]*)"\s*/>""")]
    private static partial Regex Reference();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"(?<=[.!?])\s+")]
    private static partial Regex EndOfSentence();

    [GeneratedRegex(@"\S*(::|://)\S*")]
    private static partial Regex Address();
}
