using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Replaces a stock call by its counterpart, in every syntax that a call can have.</summary>
internal static class CounterpartRewriter
{
    /// <summary>Returns the node to replace, or <see langword="null"/> if there is no safe edit for this syntax.</summary>
    public static SyntaxNode? FindTarget(SyntaxNode root, Diagnostic diagnostic)
    {
        if (!diagnostic.Properties.TryGetValue(Descriptors.Replacement, out string? replacement)
            || replacement is null
            || root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is not SimpleNameSyntax name
            || name.Parent is NameColonSyntax or ExpressionColonSyntax)
        {
            return null;
        }

        if (HasOtherResult(replacement) && !IsDiscarded(name))
        {
            return null;
        }

        bool isWhole = replacement == Counterparts.HasExited || Counterparts.IsOfRegistry(replacement);
        if (replacement is Counterparts.Open or Counterparts.OpenByName && CallOf(name) is { ArgumentList.Arguments.Count: 2 } onMachine)
        {
            return onMachine;
        }

        return name.Parent switch
        {
            MemberAccessExpressionSyntax { Expression: BaseExpressionSyntax } access when access.Name == name => access,
            MemberAccessExpressionSyntax access when access.Name == name => isWhole ? access : name,
            MemberBindingExpressionSyntax binding => isWhole ? binding : name,
            _ => name,
        };
    }

    /// <summary>Returns the replacement of the node. Nodes inside it may have been rewritten before.</summary>
    public static SyntaxNode Rewrite(SyntaxNode original, SyntaxNode rewritten, string replacement)
    {
        if (Counterparts.IsOfRegistry(replacement))
        {
            ExpressionSyntax method = SyntaxFactory.ParseExpression(replacement);
            return rewritten is InvocationExpressionSyntax call
                ? call.WithExpression(method.WithTriviaFrom(call.Expression)).WithArgumentList(WithoutMachine(call.ArgumentList))
                : method.WithTriviaFrom(rewritten);
        }

        IdentifierNameSyntax name = SyntaxFactory.IdentifierName(replacement);
        SyntaxNode renamed = rewritten switch
        {
            MemberAccessExpressionSyntax { Expression: BaseExpressionSyntax receiver } access => access
                .WithExpression(SyntaxFactory.ThisExpression().WithTriviaFrom(receiver))
                .WithName(name.WithTriviaFrom(access.Name)),
            MemberAccessExpressionSyntax access => access.WithName(name.WithTriviaFrom(access.Name)),
            MemberBindingExpressionSyntax binding => binding.WithName(name.WithTriviaFrom(binding.Name)),
            _ when IsQualified(original) => name.WithTriviaFrom(rewritten),

            // An unqualified call in a class that derives from Process. An extension method needs the object in front.
            _ => SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, SyntaxFactory.ThisExpression(), name)
                .WithTriviaFrom(rewritten),
        };
        return replacement == Counterparts.HasExited
            ? SyntaxFactory.InvocationExpression(((ExpressionSyntax)renamed).WithoutTrailingTrivia())
                .WithTrailingTrivia(rewritten.GetTrailingTrivia())
            : renamed;
    }

    // Returns the call of a method by its name, with or without a receiver.
    private static InvocationExpressionSyntax? CallOf(SimpleNameSyntax name)
    {
        SyntaxNode called = MethodOf(name);
        return called.Parent is InvocationExpressionSyntax call && call.Expression == called ? call : null;
    }

    // Returns the name with its receiver and with the parentheses around both.
    private static SyntaxNode MethodOf(SimpleNameSyntax name)
    {
        SyntaxNode method = IsQualified(name) ? name.Parent! : name;
        while (method.Parent is ParenthesizedExpressionSyntax parenthesized)
        {
            method = parenthesized;
        }

        return method;
    }

    // The counterpart has no argument for the machine. It is reported only if the machine is this one.
    private static ArgumentListSyntax WithoutMachine(ArgumentListSyntax list)
    {
        ArgumentSyntax id = list.Arguments[0].NameColon?.Name.Identifier.ValueText == "machineName" ? list.Arguments[1] : list.Arguments[0];
        return list.WithArguments(SyntaxFactory.SingletonSeparatedList(id.WithoutTrivia()));
    }

    private static bool IsQualified(SyntaxNode name) =>
        name.Parent is MemberBindingExpressionSyntax || (name.Parent is MemberAccessExpressionSyntax access && access.Name == name);

    // If the result has another type than the stock result, the code that uses it may not compile.
    private static bool HasOtherResult(string replacement) => replacement.Contains("Status");

    private static bool IsDiscarded(SyntaxNode name)
    {
        SyntaxNode? current = name.FirstAncestorOrSelf<InvocationExpressionSyntax>();
        while (current?.Parent is AwaitExpressionSyntax or ConditionalAccessExpressionSyntax)
        {
            current = current.Parent;
        }

        return current?.Parent is ExpressionStatementSyntax && !name.Ancestors().OfType<ArgumentSyntax>().Any();
    }
}
