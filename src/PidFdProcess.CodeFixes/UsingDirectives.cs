using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PidFdProcess.CodeFixes;

/// <summary>Adds a using directive for <c>PidFdProcess</c> to the other directives, in their order.</summary>
internal static class UsingDirectives
{
    private const string Library = "PidFdProcess";

    /// <summary>Returns the file with the directive. A file that has the directive stays as it is.</summary>
    public static SyntaxNode AddLibrary(SyntaxNode root, string newLine)
    {
        CompilationUnitSyntax unit = (CompilationUnitSyntax)root;
        if (unit.Usings.Count == 0
            && unit.Members.OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault(static space => space.Usings.Count > 0) is { } space)
        {
            return unit.ReplaceNode(space, space.WithUsings(Insert(space.Usings, newLine)));
        }

        if (unit.Usings.Count > 0)
        {
            return unit.WithUsings(Insert(unit.Usings, newLine));
        }

        // The first token may carry the licence of the file. The directive goes below it.
        UsingDirectiveSyntax first = Create(newLine);
        SyntaxToken token = unit.GetFirstToken(includeZeroWidth: true);
        SyntaxTriviaList leading = token.LeadingTrivia;
        int header = HeaderLength(leading);
        SyntaxTriviaList rest = SyntaxFactory.TriviaList(leading.Skip(header));
        unit = unit.ReplaceToken(token, token.WithLeadingTrivia(rest.Insert(0, SyntaxFactory.EndOfLine(newLine))));
        return unit.AddUsings(first.WithLeadingTrivia(leading.Take(header)));
    }

    private static SyntaxList<UsingDirectiveSyntax> Insert(SyntaxList<UsingDirectiveSyntax> usings, string newLine)
    {
        if (usings.Any(static directive => IsPlain(directive) && directive.Name!.ToString() == Library))
        {
            return usings;
        }

        // Added after the last plain directive that sorts before it. System sorts first.
        int index = 0;
        for (int i = 0; i < usings.Count; i++)
        {
            if (IsPlain(usings[i]) && (IsSystem(usings[i]) || string.CompareOrdinal(usings[i].Name!.ToString(), Library) < 0))
            {
                index = i + 1;
            }
        }

        UsingDirectiveSyntax added = Create(newLine);
        if (index == 0)
        {
            UsingDirectiveSyntax former = usings[0];
            SyntaxTriviaList leading = former.GetLeadingTrivia();
            added = added.WithLeadingTrivia(leading);
            usings = usings.Replace(former, former.WithLeadingTrivia(leading.Where(static trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia))));
        }
        else
        {
            added = added.WithLeadingTrivia(usings[index - 1].GetLeadingTrivia().Where(static trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia)));
        }

        return usings.Insert(index, added);
    }

    private static bool IsPlain(UsingDirectiveSyntax directive) =>
        directive.Alias is null && directive.StaticKeyword.IsKind(SyntaxKind.None) && directive.Name is not null
        && directive.GlobalKeyword.IsKind(SyntaxKind.None);

    private static bool IsSystem(UsingDirectiveSyntax directive) =>
        directive.Name!.ToString() is "System" || directive.Name.ToString().StartsWith("System.", StringComparison.Ordinal);

    private static int HeaderLength(SyntaxTriviaList leading)
    {
        int length = 0;
        for (int i = 0; i < leading.Count; i++)
        {
            if (leading[i].IsKind(SyntaxKind.SingleLineCommentTrivia)
                || leading[i].IsKind(SyntaxKind.MultiLineCommentTrivia)
                || leading[i].IsDirective)
            {
                length = i + 1;
            }
            else if (leading[i].IsKind(SyntaxKind.EndOfLineTrivia) && length == i)
            {
                length = i + 1;
            }
        }

        return length;
    }

    private static UsingDirectiveSyntax Create(string newLine) => SyntaxFactory
        .UsingDirective(SyntaxFactory.IdentifierName(Library).WithLeadingTrivia(SyntaxFactory.Space))
        .WithTrailingTrivia(SyntaxFactory.EndOfLine(newLine));
}
