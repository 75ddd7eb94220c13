using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace PidFdProcess.CodeFixes;

/// <summary>Adds using directives for <c>PidFdProcess</c> to the file, or to the namespaces that have the other directives.</summary>
internal static class UsingDirectives
{
    /// <summary>Returns the text of the file with a directive for each of the nodes.</summary>
    public static SourceText AddLibrary(CompilationUnitSyntax unit, IReadOnlyCollection<SyntaxNode> users, SourceText text)
    {
        SyntaxNode[] scopes = [.. users.Select(user => ScopeOf(unit, user)).Distinct()];
        ConditionalRegions regions = new(unit, text);
        return text.WithChanges(scopes
            .Where(scope => !scope.Ancestors().Any(scopes.Contains))
            .Select(scope => new UsingPlace(scope).Insert(text, regions, [.. users.Where(scope.Contains)]))
            .OrderBy(static change => change.Span.Start));
    }

    // A global directive says nothing about the place of the others.
    private static SyntaxNode ScopeOf(CompilationUnitSyntax unit, SyntaxNode user) => unit.Usings.All(UsingPlace.IsGlobal)
        ? user.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault(static space => space.Usings.Count > 0) ?? (SyntaxNode)unit
        : unit;
}
