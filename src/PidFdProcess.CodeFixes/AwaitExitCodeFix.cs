using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Replaces a <c>TaskCompletionSource</c> around <c>Exited</c> by one call.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AwaitExitCodeFix))]
[Shared]
public sealed class AwaitExitCodeFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [Descriptors.StockCallId];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => new EditAllProvider(FixAsync);

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode root = (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false))!;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (Find(root, diagnostic) is not null)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        $"Use {ExitedTask.Replacement}",
                        token => FixAsync(context.Document, [diagnostic], token),
                        equivalenceKey: nameof(AwaitExitCodeFix)),
                    diagnostic);
            }
        }
    }

    private static ExitedTask? Find(SyntaxNode root, Diagnostic diagnostic) =>
        ExitedTask.Find(root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true).Parent?.Parent);

    private static async Task<Document> FixAsync(Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        SemanticModel model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        ExitedTask[] found = [.. diagnostics.Select(diagnostic => Find(root, diagnostic)).OfType<ExitedTask>()];
        bool needsUsing = found.Any(task => Scope.NeedsUsing(model, task.Awaited.SpanStart, ExitedTask.Replacement));

        root = root.TrackNodes(found.SelectMany(static task => new SyntaxNode[] { task.Declaration, task.Subscription, task.Awaited }));
        foreach (ExitedTask task in found)
        {
            SyntaxNode call = SyntaxFactory.ParseExpression($"{task.Process.Identifier.Text}.{ExitedTask.Replacement}()");
            root = root.ReplaceNode(root.GetCurrentNode(task.Awaited)!, call.WithTriviaFrom(task.Awaited));
            root = root.RemoveNode(root.GetCurrentNode(task.Declaration)!, SyntaxRemoveOptions.KeepNoTrivia)!;
            root = root.RemoveNode(root.GetCurrentNode(task.Subscription)!, SyntaxRemoveOptions.KeepNoTrivia)!;
        }

        if (needsUsing)
        {
            SourceText text = await document.GetTextAsync(cancellationToken).ConfigureAwait(false);
            root = UsingDirectives.AddLibrary(root, NewLine.Of(text));
        }

        return document.WithSyntaxRoot(root);
    }
}
