using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace PidFdProcess.CodeFixes;

/// <summary>Edits of one file that are made at once. A node may be inside another one.</summary>
internal sealed class DocumentEdits
{
    private readonly SyntaxAnnotation _removed = new();
    private readonly SyntaxAnnotation _needsUsing = new();
    private readonly Dictionary<SyntaxNode, Func<SyntaxNode, SyntaxNode>> _edits = [];

    /// <summary>Replaces a node. The function gets the node with the edits of the nodes inside it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="rewrite">The function.</param>
    /// <param name="needsUsing">Whether the new node needs a using directive for the library.</param>
    public void Replace(SyntaxNode node, Func<SyntaxNode, SyntaxNode> rewrite, bool needsUsing = false) =>
        _edits[node] = needsUsing ? rewritten => rewrite(rewritten).WithAdditionalAnnotations(_needsUsing) : rewrite;

    /// <summary>Removes a statement with its trivia.</summary>
    public void Remove(SyntaxNode statement) => _edits[statement] = rewritten => rewritten.WithAdditionalAnnotations(_removed);

    /// <summary>Returns the file with all edits and the using directives that they need.</summary>
    public async Task<Document> ApplyToAsync(Document document, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        root = root.ReplaceNodes(_edits.Keys, (original, rewritten) => _edits[original](rewritten));
        root = root.RemoveNodes(root.GetAnnotatedNodes(_removed), SyntaxRemoveOptions.KeepNoTrivia)!;
        SyntaxNode[] users = [.. root.GetAnnotatedNodes(_needsUsing)];
        if (users.Length == 0)
        {
            return document.WithSyntaxRoot(root);
        }

        SourceText former = await document.GetTextAsync(cancellationToken).ConfigureAwait(false);
        SourceText text = SourceText.From(root.ToFullString(), former.Encoding, former.ChecksumAlgorithm);
        return document.WithText(UsingDirectives.AddLibrary((CompilationUnitSyntax)root, users, text));
    }
}
