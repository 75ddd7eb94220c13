using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PidFdProcess.Analyzers.Rules;

/// <summary>
/// A <c>TaskCompletionSource</c> that a handler of <c>Exited</c> completes and that the same block awaits once. One call of
/// <c>WaitForExitPidFdAsync</c> does the same.
/// </summary>
/// <param name="Process">The process.</param>
/// <param name="Declaration">The statement that creates the source. It is to be removed.</param>
/// <param name="Subscription">The statement that adds the handler. It is to be removed.</param>
/// <param name="Awaited">The task of the source, where it is awaited. The call takes its place.</param>
internal sealed record ExitedTask(
    IdentifierNameSyntax Process, LocalDeclarationStatementSyntax Declaration, ExpressionStatementSyntax Subscription, ExpressionSyntax Awaited)
{
    public const string Replacement = "WaitForExitPidFdAsync";

    /// <summary>Returns the parts if the code has this plain shape. The caller checks the types.</summary>
    public static ExitedTask? Find(SyntaxNode? assignment)
    {
        if (assignment is not AssignmentExpressionSyntax
            {
                RawKind: (int)SyntaxKind.AddAssignmentExpression,
                Left: MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax process, Name.Identifier.ValueText: "Exited" },
                Right: AnonymousFunctionExpressionSyntax handler,
                Parent: ExpressionStatementSyntax { Parent: BlockSyntax block } subscription,
            }
            || CompletedBy(handler) is not { } completed)
        {
            return null;
        }

        string name = completed.Identifier.ValueText;
        LocalDeclarationStatementSyntax? declaration = block.Statements.OfType<LocalDeclarationStatementSyntax>()
            .FirstOrDefault(statement => statement.SpanStart < subscription.SpanStart && Declares(statement, name));
        IdentifierNameSyntax[] others =
        [
            .. block.DescendantNodes().OfType<IdentifierNameSyntax>().Where(other => other.Identifier.ValueText == name && other != completed),
        ];
        if (declaration is null
            || others.Length != 1
            || others[0].Parent is not MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Task" } awaited
            || !IsAwaited(awaited, block)
            || awaited.SpanStart < subscription.SpanStart
            || HasComment(declaration)
            || HasComment(subscription)
            || IsAssigned(process.Identifier.ValueText, block, subscription))
        {
            return null;
        }

        return new ExitedTask(process, declaration, subscription, awaited);
    }

    // Returns the source, if all that the handler does is to set its result.
    private static IdentifierNameSyntax? CompletedBy(AnonymousFunctionExpressionSyntax handler)
    {
        CSharpSyntaxNode body = handler.Body is BlockSyntax { Statements: { Count: 1 } statements } && statements[0] is ExpressionStatementSyntax only
            ? only.Expression
            : handler.Body;
        return handler.AsyncKeyword.IsKind(SyntaxKind.None)
            && body is InvocationExpressionSyntax
            {
                Expression: MemberAccessExpressionSyntax
                {
                    Expression: IdentifierNameSyntax source,
                    Name.Identifier.ValueText: "SetResult" or "TrySetResult",
                },
            }
                ? source
                : null;
    }

    private static bool Declares(LocalDeclarationStatementSyntax statement, string name) =>
        statement.Declaration.Variables is { Count: 1 } variables
        && variables[0].Initializer?.Value is BaseObjectCreationExpressionSyntax
        && variables[0].Identifier.ValueText == name;

    // The result of the await must not be used, because the call has none.
    private static bool IsAwaited(ExpressionSyntax task, BlockSyntax block)
    {
        SyntaxNode? parent = task.Parent is MemberAccessExpressionSyntax
        {
            Name.Identifier.ValueText: "ConfigureAwait",
            Parent: InvocationExpressionSyntax configured,
        }
            ? configured.Parent
            : task.Parent;
        return parent is AwaitExpressionSyntax { Parent: ExpressionStatementSyntax statement } && statement.Parent == block;
    }

    private static bool IsAssigned(string process, BlockSyntax block, ExpressionStatementSyntax subscription) => block.DescendantNodes()
        .OfType<AssignmentExpressionSyntax>()
        .Any(assignment => assignment.SpanStart > subscription.SpanStart
            && assignment.Left is IdentifierNameSyntax left
            && left.Identifier.ValueText == process);

    private static bool HasComment(SyntaxNode statement) => statement.DescendantTrivia().Any(static trivia =>
        !trivia.IsKind(SyntaxKind.WhitespaceTrivia) && !trivia.IsKind(SyntaxKind.EndOfLineTrivia));
}
