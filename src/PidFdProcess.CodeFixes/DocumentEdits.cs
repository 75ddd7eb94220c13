using Microsoft.CodeAnalysis;

namespace PidFdProcess.CodeFixes;

/// <summary>Edits of one file that are made at once. A node may be inside another one.</summary>
internal sealed class DocumentEdits
{
    private readonly SyntaxAnnotation _removed = new();
    private readonly Dictionary<SyntaxNode, Func<SyntaxNode, SyntaxNode>> _edits = [];

    /// <summary>Replaces a node. The function gets the node with the edits of the nodes inside it.</summary>
    public void Replace(SyntaxNode node, Func<SyntaxNode, SyntaxNode> rewrite) => _edits[node] = rewrite;

    /// <summary>Removes a statement with its trivia.</summary>
    public void Remove(SyntaxNode statement) => _edits[statement] = rewritten => rewritten.WithAdditionalAnnotations(_removed);

    /// <summary>Returns the file with all edits.</summary>
    public SyntaxNode ApplyTo(SyntaxNode root)
    {
        root = root.ReplaceNodes(_edits.Keys, (original, rewritten) => _edits[original](rewritten));
        return root.RemoveNodes(root.GetAnnotatedNodes(_removed), SyntaxRemoveOptions.KeepNoTrivia)!;
    }
}
