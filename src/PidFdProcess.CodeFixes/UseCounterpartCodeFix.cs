using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Replaces a stock call by its counterpart, or a task around <c>Exited</c> by one call, and adds the using directive.</summary>
/// <remarks>
/// One provider makes all edits of a rule. <c>dotnet format</c> runs the providers of a rule one after the other on the same diagnostics. Their
/// places are wrong after the first provider.
/// </remarks>
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
        SemanticModel model = (await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false))!;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (ReplacementOf(model, root, diagnostic) is { } replacement)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        $"Use {replacement}",
                        token => FixAsync(context.Document, [diagnostic], token),
                        equivalenceKey: nameof(UseCounterpartCodeFix)),
                    diagnostic);
            }
        }
    }

    private static string? ReplacementOf(SemanticModel model, SyntaxNode root, Diagnostic diagnostic)
    {
        if (CounterpartRewriter.FindTarget(model, root, diagnostic) is not null)
        {
            return diagnostic.Properties[Descriptors.Replacement];
        }

        return ExitedTaskRewriter.Find(root, diagnostic) is not null ? ExitedTask.Replacement : null;
    }

    private static async Task<Document> FixAsync(Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        SemanticModel model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        DocumentEdits edits = new();
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (CounterpartRewriter.FindTarget(model, root, diagnostic) is { } target)
            {
                string replacement = diagnostic.Properties[Descriptors.Replacement]!;
                edits.Replace(
                    target,
                    rewritten => CounterpartRewriter.Rewrite(target, rewritten, replacement),
                    Scope.NeedsUsing(model, target.SpanStart, replacement));
                if (InferredNames.HolderOf(target, model) is { } holder)
                {
                    edits.Replace(holder, rewritten => InferredNames.Write(holder, rewritten));
                }
            }
            else if (ExitedTaskRewriter.Find(root, diagnostic) is { } task)
            {
                edits.Replace(
                    task.Awaited,
                    _ => ExitedTaskRewriter.CallOf(task),
                    Scope.NeedsUsing(model, task.Awaited.SpanStart, ExitedTask.Replacement));
                edits.Remove(task.Declaration);
                edits.Remove(task.Subscription);
            }
        }

        return await edits.ApplyToAsync(document, cancellationToken).ConfigureAwait(false);
    }
}
