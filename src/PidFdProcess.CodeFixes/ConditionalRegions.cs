using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace PidFdProcess.CodeFixes;

/// <summary>The parts of a file from <c>#if</c> to <c>#endif</c>, which other configurations may compile in another way.</summary>
internal sealed class ConditionalRegions
{
    // A region comes after the regions inside it.
    private readonly List<TextSpan> _regions = [];

    public ConditionalRegions(SyntaxNode root, SourceText text)
    {
        if (!root.ContainsDirectives)
        {
            return;
        }

        Stack<int> starts = [];
        foreach (SyntaxTrivia trivia in root.DescendantTrivia().Where(static trivia => trivia.IsDirective))
        {
            if (trivia.GetStructure() is IfDirectiveTriviaSyntax)
            {
                starts.Push(text.Lines.GetLineFromPosition(trivia.SpanStart).Start);
            }
            else if (trivia.GetStructure() is EndIfDirectiveTriviaSyntax && starts.Count > 0)
            {
                _regions.Add(TextSpan.FromBounds(starts.Pop(), trivia.FullSpan.End));
            }
        }
    }

    /// <summary>Moves a position out of each region that does not contain all the nodes.</summary>
    /// <remarks>Another configuration may leave out such a region. An insertion into it would be missing there.</remarks>
    /// <param name="position">The position.</param>
    /// <param name="lowest">The lowest position where the insertion is valid.</param>
    /// <param name="highest">The highest position where the insertion is valid.</param>
    /// <param name="users">The nodes that need the insertion.</param>
    public int MoveOut(int position, int lowest, int highest, IReadOnlyCollection<SyntaxNode> users)
    {
        foreach (TextSpan region in _regions)
        {
            if (region.Start < position && position < region.End && !users.All(user => region.Contains(user.Span)))
            {
                if (region.End <= highest)
                {
                    position = region.End;
                }
                else if (region.Start >= lowest)
                {
                    position = region.Start;
                }
            }
        }

        return position;
    }
}
