using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Replaces a <c>TaskCompletionSource</c> around <c>Exited</c> by one call.</summary>
internal static class ExitedTaskRewriter
{
    /// <summary>Returns the parts of the task, or <see langword="null"/> if the diagnostic is about other code.</summary>
    public static ExitedTask? Find(SyntaxNode root, Diagnostic diagnostic) =>
        ExitedTask.Find(root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true).Parent?.Parent);

    /// <summary>Returns the call that takes the place of the awaited task.</summary>
    public static SyntaxNode CallOf(ExitedTask task) => SyntaxFactory
        .ParseExpression($"{task.Process.Identifier.Text}.{ExitedTask.Replacement}()")
        .WithTriviaFrom(task.Awaited);
}
