using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Sends a signal through the pidfd of the process instead of to its PID.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SignalViaPidFdCodeFix))]
[Shared]
public sealed class SignalViaPidFdCodeFix : CodeFixProvider
{
    private const string Replacement = "SignalViaPidFd";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [Descriptors.SignalByPidId];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => new EditAllProvider(FixAsync);

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode root = (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false))!;
        SemanticModel model = (await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false))!;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (new SignalRewriter(model).Find(root, diagnostic, context.CancellationToken) is not null)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        $"Use {Replacement}",
                        token => FixAsync(context.Document, [diagnostic], token),
                        equivalenceKey: nameof(SignalViaPidFdCodeFix)),
                    diagnostic);
            }
        }
    }

    private static async Task<Document> FixAsync(Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        SyntaxNode root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        SemanticModel model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        SignalRewriter rewriter = new(model);
        DocumentEdits edits = new();
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (rewriter.Find(root, diagnostic, cancellationToken) is { } edit)
            {
                edits.Replace(edit.Node, _ => edit.Replacement, Scope.NeedsUsing(model, edit.Node.SpanStart, Replacement));
            }
        }

        return await edits.ApplyToAsync(document, cancellationToken).ConfigureAwait(false);
    }
}
