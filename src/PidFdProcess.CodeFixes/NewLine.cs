using Microsoft.CodeAnalysis.Text;

namespace PidFdProcess.CodeFixes;

/// <summary>The end of line that a file uses.</summary>
internal static class NewLine
{
    public static string Of(SourceText text)
    {
        TextLine first = text.Lines[0];
        return first.EndIncludingLineBreak > first.End ? text.ToString(TextSpan.FromBounds(first.End, first.EndIncludingLineBreak)) : "\n";
    }
}
