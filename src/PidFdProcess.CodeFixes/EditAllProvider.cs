using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace PidFdProcess.CodeFixes;

/// <summary>Fixes all diagnostics of a document in one edit, so that two edits never add the same using directive.</summary>
internal sealed class EditAllProvider(Func<Document, ImmutableArray<Diagnostic>, CancellationToken, Task<Document>> fix) : DocumentBasedFixAllProvider
{
    protected override async Task<Document?> FixAllAsync(FixAllContext fixAllContext, Document document, ImmutableArray<Diagnostic> diagnostics) =>
        await fix(document, diagnostics, fixAllContext.CancellationToken).ConfigureAwait(false);
}
