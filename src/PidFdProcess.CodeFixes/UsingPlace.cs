using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace PidFdProcess.CodeFixes;

/// <summary>Finds the place for a using directive among the directives of a file or a namespace.</summary>
internal sealed class UsingPlace
{
    private const string Library = "PidFdProcess";

    private readonly SyntaxList<UsingDirectiveSyntax> _usings;

    // A plain directive comes after all extern aliases and global directives, and before all attributes and members.
    private readonly SyntaxNode? _last;
    private readonly SyntaxNode _member;
    private readonly int _start;
    private readonly int _globals;

    public UsingPlace(SyntaxNode scope)
    {
        SyntaxList<ExternAliasDirectiveSyntax> externs;
        if (scope is BaseNamespaceDeclarationSyntax space)
        {
            (externs, _usings, _member) = (space.Externs, space.Usings, space.Members[0]);
            _start = (space is FileScopedNamespaceDeclarationSyntax file
                ? file.SemicolonToken
                : ((NamespaceDeclarationSyntax)space).OpenBraceToken).Span.End;
        }
        else
        {
            CompilationUnitSyntax unit = (CompilationUnitSyntax)scope;
            (externs, _usings) = (unit.Externs, unit.Usings);
            _member = unit.AttributeLists.Count > 0 ? unit.AttributeLists[0] : unit.Members[0];
        }

        _globals = _usings.LastIndexOf(IsGlobal) + 1;
        _last = _globals > 0 ? _usings[_globals - 1] : externs.LastOrDefault();
        _start = _last?.FullSpan.End ?? _start;
    }

    public static bool IsGlobal(UsingDirectiveSyntax directive) => directive.GlobalKeyword.IsKind(SyntaxKind.GlobalKeyword);

    /// <summary>Returns the insertion of the directive.</summary>
    /// <param name="text">The text of the file.</param>
    /// <param name="regions">The conditional regions of the file.</param>
    /// <param name="users">The nodes that need the directive.</param>
    public TextChange Insert(SourceText text, ConditionalRegions regions, IReadOnlyCollection<SyntaxNode> users)
    {
        string newLine = NewLine.Of(text);
        (int position, SyntaxNode? neighbor) = Find(text);
        position = regions.MoveOut(position, _start, _member.SpanStart, users);
        string indentation = neighbor is not null && IsLineStart(text, position) ? IndentationOf(neighbor, text) : "";
        string end = neighbor is null ? newLine + newLine : newLine;
        return new TextChange(new TextSpan(position, 0), $"{indentation}using {Library};{end}");
    }

    private static bool IsPlain(UsingDirectiveSyntax directive) =>
        directive.Alias is null && directive.StaticKeyword.IsKind(SyntaxKind.None) && directive.Name is not null && !IsGlobal(directive);

    private static bool SortsBefore(UsingDirectiveSyntax directive)
    {
        string name = directive.Name!.ToString();
        return name is "System" || name.StartsWith("System.", StringComparison.Ordinal) || string.CompareOrdinal(name, Library) < 0;
    }

    private static bool IsLineStart(SourceText text, int position) => text.Lines.GetLineFromPosition(position).Start == position;

    private static string IndentationOf(SyntaxNode directive, SourceText text)
    {
        TextSpan before = TextSpan.FromBounds(text.Lines.GetLineFromPosition(directive.SpanStart).Start, directive.SpanStart);
        string indentation = text.ToString(before);
        return indentation.Trim().Length == 0 ? indentation : "";
    }

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

    // Returns the position, and the directive whose indentation the new one has.
    private (int Position, SyntaxNode? Neighbor) Find(SourceText text)
    {
        int index = _globals;
        for (int i = _globals; i < _usings.Count; i++)
        {
            if (IsPlain(_usings[i]) && SortsBefore(_usings[i]))
            {
                index = i + 1;
            }
        }

        if (index == _globals && index < _usings.Count)
        {
            UsingDirectiveSyntax next = _usings[index];
            return (next.SpanStart - IndentationOf(next, text).Length, next);
        }

        if (index > 0)
        {
            return (_usings[index - 1].FullSpan.End, _usings[index - 1]);
        }

        if (_last is not null)
        {
            return (_last.FullSpan.End, _last);
        }

        // The first token may carry the licence of the file. The directive goes below it.
        SyntaxTriviaList leading = _member.GetLeadingTrivia();
        int header = HeaderLength(leading);
        return (header == 0 ? _member.FullSpan.Start : leading[header - 1].FullSpan.End, null);
    }
}
