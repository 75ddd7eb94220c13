using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Replaces a stock call by its counterpart and adds the using directive.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UseCounterpartCodeFix))]
[Shared]
public sealed class UseCounterpartCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds =>
        [Descriptors.StockCallId, Descriptors.NotReroutedId, Descriptors.KeptProcessId];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => new EditAllProvider(FixAsync);

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode root = (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false))!;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (CounterpartRewriter.FindTarget(root, diagnostic) is not null)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        $"Use {diagnostic.Properties[Descriptors.Replacement]}",
                        token => FixAsync(context.Document, [diagnostic], token),
                        equivalenceKey: nameof(UseCounterpartCodeFix)),
                    diagnostic);
            }
        }
    }

    private static async Task<Document> FixAsync(Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        SemanticModel model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        Dictionary<SyntaxNode, string> targets = [];
        bool needsUsing = false;
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (CounterpartRewriter.FindTarget(root, diagnostic) is { } target)
            {
                string replacement = diagnostic.Properties[Descriptors.Replacement]!;
                targets[target] = replacement;
                needsUsing |= Scope.NeedsUsing(model, target.SpanStart, replacement);
            }
        }

        root = root.ReplaceNodes(targets.Keys, (original, rewritten) => CounterpartRewriter.Rewrite(original, rewritten, targets[original]));
        if (needsUsing)
        {
            SourceText text = await document.GetTextAsync(cancellationToken).ConfigureAwait(false);
            root = UsingDirectives.AddLibrary(root, NewLine.Of(text));
        }

        return document.WithSyntaxRoot(root);
    }
}
