using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>
/// Finds files of a compilation that have the same text. The compiler cannot reroute a call in them, because it finds a file by its text.
/// </summary>
internal sealed class RepeatedFiles(Compilation compilation)
{
    private readonly Lazy<ImmutableHashSet<SyntaxTree>> _trees = new(() => Find(compilation));

    /// <summary>Returns whether another file has the same text. The first call reads all files.</summary>
    public bool Contains(SyntaxTree tree) => _trees.Value.Contains(tree);

    private static ImmutableHashSet<SyntaxTree> Find(Compilation compilation) =>
    [
        .. compilation.SyntaxTrees
            .GroupBy(static tree => string.Join("-", tree.GetText().GetContentHash()))
            .Where(static group => group.Skip(1).Any())
            .SelectMany(static group => group),
    ];
}
