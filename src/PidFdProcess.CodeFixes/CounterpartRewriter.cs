using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using PidFdProcess.Analyzers.Rules;

namespace PidFdProcess.CodeFixes;

/// <summary>Replaces a stock call by its counterpart, in every syntax that a call can have.</summary>
internal static class CounterpartRewriter
{
    /// <summary>Returns the node to replace, or <see langword="null"/> if there is no safe edit for this syntax.</summary>
    public static SyntaxNode? FindTarget(SemanticModel model, SyntaxNode root, Diagnostic diagnostic)
    {
        if (!diagnostic.Properties.TryGetValue(Descriptors.Replacement, out string? replacement)
            || replacement is null
            || root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is not SimpleNameSyntax name
            || IsInPattern(name))
        {
            return null;
        }

        InvocationExpressionSyntax? call = CallOf(name);
        if (HasOtherType(replacement) && !IsIgnored(model, call, replacement))
        {
            return null;
        }

        bool isOfRegistry = Counterparts.IsOfRegistry(replacement);
        if ((isOfRegistry && MethodGroups.IsAddress(MethodOf(name)))
            || (replacement == Counterparts.TryOpen && MethodGroups.InfersType(MethodOf(name), model)))
        {
            return null;
        }

        if (replacement is Counterparts.Open or Counterparts.OpenByName && call is { ArgumentList.Arguments.Count: 2 })
        {
            return call;
        }

        bool isWhole = replacement == Counterparts.HasExited || isOfRegistry;
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

    // A pattern cannot have a call, neither after one name nor after several ones with dots.
    private static bool IsInPattern(SimpleNameSyntax name)
    {
        SyntaxNode current = name;
        while (current.Parent is MemberAccessExpressionSyntax access)
        {
            current = access;
        }

        return current.Parent is NameColonSyntax or ExpressionColonSyntax;
    }

    // The counterpart has no argument for the machine. It is reported only if the machine is this one.
    private static ArgumentListSyntax WithoutMachine(ArgumentListSyntax list)
    {
        ArgumentSyntax id = list.Arguments[0].NameColon?.Name.Identifier.ValueText == "machineName" ? list.Arguments[1] : list.Arguments[0];
        return list.WithArguments(SyntaxFactory.SingletonSeparatedList(id.WithoutTrivia()));
    }

    private static bool IsQualified(SyntaxNode name) =>
        name.Parent is MemberBindingExpressionSyntax || (name.Parent is MemberAccessExpressionSyntax access && access.Name == name);

    // The result or the out argument has another type than that of the stock call. Code that uses it may not compile.
    private static bool HasOtherType(string replacement) => replacement.Contains("Status");

    private static bool IsIgnored(SemanticModel model, InvocationExpressionSyntax? call, string replacement)
    {
        if (call is null || model.GetOperation(call) is not IInvocationOperation invocation)
        {
            return false;
        }

        return replacement == Counterparts.TryWaitForExitStatus
            ? invocation.Arguments.All(static argument => argument.Parameter?.RefKind != RefKind.Out || Discards.IsIgnored(argument))
            : Discards.IsResultIgnored(invocation);
    }
}
